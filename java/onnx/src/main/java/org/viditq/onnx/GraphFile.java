package org.viditq.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto.Dimension;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.error.Printable;
import org.viditq.core.io.IoReason;

/** An ONNX graph in a file, ours or another's: its inputs, its weights, and what it is told by. */
public final class GraphFile {
  /** What the weights of a layer are called behind its name. */
  private static final Set<String> WEIGHTS =
      Set.of(
          "weight",
          "bias",
          "weight_codes",
          "weight_scale",
          "weight_zero_point",
          "weight_centered_sum",
          "balance");

  /** Tables and norms have at least as many elements, numbers of a formula have fewer. */
  private static final long FEWEST_OF_A_TABLE = 16;

  private static final int MOST_DIMENSIONS = 8;
  private static final long MOST_BYTES = 1L << 40;
  private static final int BLOCK = 1 << 20;

  private final Path file;
  private final ModelProto model;

  /** Messages of the constants, those of the graph itself before those of its loops' bodies. */
  private final List<TensorProto> tensors = new ArrayList<>();

  private final List<Constant> constants = new ArrayList<>();

  /**
   * An input or output.
   *
   * @param type as ONNX numbers types: 1 float32, 6 int32, 7 int64, ...
   * @param extents in order: numbers, and names of those that are open
   */
  public record Value(String name, int type, List<String> extents) {
    public Value {
      extents = List.copyOf(extents);
    }

    /** Whether an extent is a number. */
    public static boolean isNumber(String extent) {
      return extent.matches("[0-9]{1,9}");
    }
  }

  /**
   * A constant.
   *
   * @param refittable whether other checkpoints of the same model may hold other values: weights of
   *     layers, and float tables and norms; not numbers of formulas, indices and extents
   */
  public record Constant(String name, long bytes, boolean refittable) {}

  private GraphFile(Path file, ModelProto model) {
    this.file = file;
    this.model = model;
    graphs().forEach(graph -> tensors.addAll(graph.getInitializerList()));
  }

  /** The graph itself, then the bodies of its loops. */
  private List<GraphProto> graphs() {
    List<GraphProto> graphs = new ArrayList<>();
    addTo(graphs, model.getGraph());
    return graphs;
  }

  private static void addTo(List<GraphProto> graphs, GraphProto graph) {
    graphs.add(graph);
    for (NodeProto node : graph.getNodeList()) {
      for (AttributeProto attribute : node.getAttributeList()) {
        if (attribute.hasG()) {
          addTo(graphs, attribute.getG());
        }
      }
    }
  }

  /**
   * Reads the graph, and of its constants where they lie.
   *
   * @throws InvalidModelException if it is no ONNX graph, or has constants that lie elsewhere than
   *     in its folder
   */
  public static GraphFile open(Path file) {
    try {
      if (!Files.isRegularFile(file)) {
        throw new InvalidModelException("There is no file " + file + ".");
      }
      if (Files.size(file) > Integer.MAX_VALUE - 64) {
        throw new InvalidModelException(
            file + " exceeds 2 GiB, which no ONNX graph can; its weights lie in a file beside it.");
      }
      GraphFile graph = new GraphFile(file, ModelProto.parseFrom(Files.readAllBytes(file)));
      graph.check();
      return graph;
    } catch (IOException e) {
      throw new InvalidModelException(
          "Cannot read the ONNX graph " + file + ": " + IoReason.of(e) + ".", e);
    }
  }

  private void check() throws IOException {
    if (!model.hasGraph() || model.getGraph().getOutputCount() == 0) {
      throw wrong("it has no graph with an output");
    }
    for (ValueInfoProto input : model.getGraph().getInputList()) {
      if (input.getName().isEmpty() || !input.getType().hasTensorType()) {
        throw wrong("an input has no name, or is no tensor");
      }
      if (input.getType().getTensorType().getShape().getDimCount() > MOST_DIMENSIONS) {
        throw wrong(
            "the input "
                + Printable.name(input.getName())
                + " has more than "
                + MOST_DIMENSIONS
                + " dimensions");
      }
    }
    for (TensorProto constant : tensors) {
      long elements = 1;
      for (long dim : constant.getDimsList()) {
        if (dim < 0 || dim > 0 && elements > MOST_BYTES / dim) {
          throw wrong(Printable.name(constant.getName()) + " has extents that no constant has");
        }
        elements *= dim;
      }
      long bytes = place(constant).map(Place::length).orElse((long) constant.getRawData().size());
      constants.add(
          new Constant(
              constant.getName(),
              bytes,
              isRefittable(constant.getName(), constant.getDataType(), elements)));
    }
  }

  static boolean isRefittable(String name, int type, long elements) {
    boolean floats =
        type == TensorProto.DataType.FLOAT.getNumber()
            || type == TensorProto.DataType.FLOAT16.getNumber()
            || type == TensorProto.DataType.BFLOAT16.getNumber();
    return WEIGHTS.contains(name.substring(name.lastIndexOf('.') + 1))
        || floats && elements >= FEWEST_OF_A_TABLE;
  }

  /** Where a constant lies in the file beside the graph. */
  private record Place(Path file, long offset, long length) {}

  private Optional<Place> place(TensorProto constant) throws IOException {
    if (constant.getDataLocation() != TensorProto.DataLocation.EXTERNAL) {
      return Optional.empty();
    }
    Map<String, String> entries = new HashMap<>();
    for (StringStringEntryProto entry : constant.getExternalDataList()) {
      entries.put(entry.getKey(), entry.getValue());
    }
    String location = entries.getOrDefault("location", "");
    // A name and no path: what lies elsewhere was never meant to be part of this model.
    if (location.isEmpty() || location.matches(".*[/\\\\\\x00].*") || location.equals("..")) {
      throw wrong("a constant lies in " + Printable.name(location) + ", outside of its folder");
    }
    Path data = file.toAbsolutePath().resolveSibling(location);
    if (!Files.isRegularFile(data)) {
      throw wrong("the file " + Printable.name(location) + " of its constants is not beside it");
    }
    long size = Files.size(data);
    long offset = number(entries.getOrDefault("offset", "0"));
    long length =
        entries.containsKey("length") ? number(entries.get("length")) : Math.max(0, size - offset);
    if (offset > size || length > size - offset) {
      throw wrong(
          Printable.name(constant.getName()) + " does not lie in the file of the constants");
    }
    return Optional.of(new Place(data, offset, length));
  }

  private long number(String text) {
    if (!text.matches("[0-9]{1,15}")) {
      throw wrong("a constant's place is " + Printable.name(text) + ", which is no number");
    }
    return Long.parseLong(text);
  }

  private InvalidModelException wrong(String what) {
    return new InvalidModelException(
        "The ONNX graph " + file + " cannot be used: " + what + "; export it again.");
  }

  public Path file() {
    return file;
  }

  /** In order; constants that older graphs list among them are left out. */
  public List<Value> inputs() {
    Set<String> fixed = new HashSet<>();
    constants.forEach(constant -> fixed.add(constant.name()));
    return model.getGraph().getInputList().stream()
        .filter(input -> !fixed.contains(input.getName()))
        .map(GraphFile::value)
        .toList();
  }

  /** In order. */
  public List<Value> outputs() {
    return model.getGraph().getOutputList().stream().map(GraphFile::value).toList();
  }

  private static Value value(ValueInfoProto info) {
    List<String> extents = new ArrayList<>();
    for (Dimension dim : info.getType().getTensorType().getShape().getDimList()) {
      extents.add(
          dim.hasDimValue()
              ? Long.toString(dim.getDimValue())
              : dim.getDimParam().isEmpty() ? "?" : dim.getDimParam());
    }
    return new Value(info.getName(), info.getType().getTensorType().getElemType(), extents);
  }

  /** Those of the graph itself, and of the bodies of its loops. */
  public List<Constant> constants() {
    return List.copyOf(constants);
  }

  /** Whether nodes of our plugin library are in it. */
  public boolean usesPlugins() {
    return graphs().stream()
        .flatMap(graph -> graph.getNodeList().stream())
        .map(NodeProto::getDomain)
        .anyMatch(Plugins.DOMAIN::equals);
  }

  /** What the model says under a key, such as {@link ActiveSetRanges#METADATA}. */
  public Optional<String> metadata(String key) {
    return model.getMetadataPropsList().stream()
        .filter(entry -> entry.getKey().equals(key))
        .map(StringStringEntryProto::getValue)
        .findFirst();
  }

  /** Reads all constants for the fingerprint. */
  public GraphFingerprint fingerprint() {
    try {
      ModelProto.Builder bare = model.toBuilder();
      strip(bare.getGraphBuilder());
      GraphFingerprint.Computation computation =
          new GraphFingerprint.Computation(bare.build().toByteArray());
      for (int i = 0; i < constants.size(); i++) {
        TensorProto constant = tensors.get(i);
        WritableByteChannel elements = computation.constant(constants.get(i).refittable());
        Optional<Place> place = place(constant);
        if (place.isPresent()) {
          read(place.get(), elements);
        } else {
          elements.write(constant.getRawData().asReadOnlyByteBuffer());
        }
      }
      return computation.result();
    } catch (IOException e) {
      throw new InvalidModelException(
          "Cannot read the constants of " + file + ": " + IoReason.of(e) + ".", e);
    }
  }

  /** Takes the elements out of all constants. */
  private static void strip(GraphProto.Builder graph) {
    for (int i = 0; i < graph.getInitializerCount(); i++) {
      graph.setInitializer(i, GraphFingerprint.bare(graph.getInitializer(i)));
    }
    for (NodeProto.Builder node : graph.getNodeBuilderList()) {
      for (AttributeProto.Builder attribute : node.getAttributeBuilderList()) {
        if (attribute.hasG()) {
          strip(attribute.getGBuilder());
        }
      }
    }
  }

  private static void read(Place place, WritableByteChannel into) throws IOException {
    try (FileChannel channel = FileChannel.open(place.file(), StandardOpenOption.READ)) {
      ByteBuffer block = ByteBuffer.allocate(BLOCK);
      long at = place.offset();
      long end = place.offset() + place.length();
      while (at < end) {
        block.clear().limit((int) Math.min(BLOCK, end - at));
        int count = channel.read(block, at);
        if (count < 0) {
          throw new IOException("the file of the constants was cut while it was read");
        }
        into.write(block.flip());
        at += count;
      }
    }
  }
}
