package org.viditq.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.viditq.core.error.OutputException;
import org.viditq.core.io.AtomicOutput;
import org.viditq.core.io.IoReason;
import org.viditq.core.io.Sha256;

/**
 * What some recorded values are computed from: the nodes, constants and inputs that they need and
 * no others. Constants are read where they lie when the graph is written, so their checkpoint must
 * be open then.
 */
public final class OnnxGraph {
  /** Versions of ONNX's file format that belong to versions of its operators. */
  private static final Map<Integer, Integer> IR_VERSIONS = Map.of(20, 9, 23, 11);

  /** The model's file in the folder that {@link #write} makes. */
  public static final String MODEL_FILE = "model.onnx";

  /** The file beside it with the large constants. */
  public static final String DATA_FILE = "model.onnx.data";

  private static final String BODY = "body";

  private final String name;
  private final Description description;
  private final List<OnnxValue> inputs = new ArrayList<>();
  private final Part main;

  /** By the serial of the loop's node. */
  private final NavigableMap<Integer, Part> bodies = new TreeMap<>();

  private final List<OnnxValue> outputs;

  /** Nodes and constants of the graph itself, or of the body of a loop. */
  private record Part(List<OnnxNode> nodes, List<OnnxValue> constants) {
    Part() {
      this(new ArrayList<>(), new ArrayList<>());
    }
  }

  /**
   * What a model says beside its nodes.
   *
   * @param opset version of ONNX's own operators
   * @param dimensions names or numbers of the dimensions of inputs and outputs that are open
   * @param metadata by key
   */
  record Description(
      int opset, Map<OnnxValue, List<String>> dimensions, Map<String, String> metadata) {}

  /**
   * @param outputs named as the graph's outputs are to be
   */
  OnnxGraph(String name, Description description, List<OnnxValue> outputs) {
    this.name = name;
    this.description = description;
    this.outputs = List.copyOf(outputs);
    NavigableMap<Integer, OnnxValue> leaves = new TreeMap<>();
    Collection<OnnxNode> all = collect(outputs, leaves).values();
    LoopScopes scopes = new LoopScopes(all);
    main = new Part();
    all.forEach(
        node -> {
          part(scopes.of(node)).nodes().add(node);
          node.body().ifPresent(body -> bodies.computeIfAbsent(node.serial(), s -> new Part()));
        });
    for (OnnxValue leaf : leaves.values()) {
      if (leaf.origin() instanceof OnnxValue.Origin.Input) {
        inputs.add(leaf);
      } else if (leaf.origin() instanceof OnnxValue.Origin.Constant) {
        part(scopes.of(leaf)).constants().add(leaf);
      }
    }
  }

  private Part part(OptionalInt loop) {
    return loop.isPresent() ? bodies.computeIfAbsent(loop.getAsInt(), s -> new Part()) : main;
  }

  /** The graph itself, then the bodies of its loops. */
  private List<Part> parts() {
    List<Part> parts = new ArrayList<>(List.of(main));
    parts.addAll(bodies.values());
    return parts;
  }

  /** In the order in which the model has them. */
  private List<OnnxValue> constants() {
    return parts().stream().flatMap(part -> part.constants().stream()).toList();
  }

  /** The nodes that values are computed by, in the order of recording. */
  static NavigableMap<Integer, OnnxNode> nodesOf(List<OnnxValue> values) {
    return collect(values, new TreeMap<>());
  }

  private static NavigableMap<Integer, OnnxNode> collect(
      List<OnnxValue> outputs, NavigableMap<Integer, OnnxValue> leaves) {
    NavigableMap<Integer, OnnxNode> needed = new TreeMap<>();
    Deque<OnnxValue> open = new ArrayDeque<>(outputs);
    while (!open.isEmpty()) {
      OnnxValue value = open.pop();
      if (value.origin() instanceof OnnxValue.Origin.Result result) {
        OnnxNode node = result.node();
        if (needed.put(node.serial(), node) == null) {
          node.needed().forEach(open::push);
        }
      } else {
        leaves.put(value.serial(), value);
      }
    }
    return needed;
  }

  /** What must be fed, in the order of recording; inputs that nothing depends on are left out. */
  public List<OnnxValue> inputs() {
    return List.copyOf(inputs);
  }

  /** In the order given. */
  public List<OnnxValue> outputs() {
    return outputs;
  }

  /** The axes of each input: the name of an extent that is open, or a number. */
  public Map<String, List<String>> axes() {
    Map<String, List<String>> axes = new LinkedHashMap<>();
    for (OnnxValue input : inputs) {
      List<String> names = description.dimensions().get(input);
      axes.put(
          input.name(),
          names != null
              ? List.copyOf(names)
              : Arrays.stream(input.shape().toArray()).mapToObj(Integer::toString).toList());
    }
    return axes;
  }

  /** What the values of the input that chooses weight sets stand for. */
  public ActiveSetRanges activeSets() {
    return ActiveSetRanges.parse(description.metadata().getOrDefault(ActiveSetRanges.METADATA, ""));
  }

  /** How many nodes of each operator it has, bodies of loops included. */
  public Map<String, Integer> operators() {
    Map<String, Integer> counts = new TreeMap<>();
    parts().stream()
        .flatMap(part -> part.nodes().stream())
        .forEach(node -> counts.merge(node.operator(), 1, Integer::sum));
    return counts;
  }

  /**
   * The model in one piece, constants included.
   *
   * @throws OutputException if its constants exceed what a protocol buffer message can hold
   */
  public byte[] toBytes() {
    long total = constants().stream().mapToLong(value -> dataOf(value).byteLength()).sum();
    if (total > Integer.MAX_VALUE / 2) {
      throw new OutputException(
          "The ONNX graph "
              + name
              + " has constants of "
              + total
              + " bytes, too many for one message; write it to a folder.");
    }
    try {
      List<TensorProto> tensors = new ArrayList<>();
      for (OnnxValue constant : constants()) {
        tensors.add(Initializer.inline(constant.name(), dataOf(constant)));
      }
      return model(tensors).toByteArray();
    } catch (IOException e) {
      throw failure("memory", e);
    }
  }

  /**
   * Writes {@link #MODEL_FILE} and, with the large constants, {@link #DATA_FILE} into a folder,
   * where they appear complete or not at all.
   *
   * @throws OutputException if they cannot be written
   */
  public void write(Path folder) {
    write(folder, MODEL_FILE);
  }

  /**
   * As {@link #write(Path)} under another name; the file beside it has that name with {@code .data}
   * behind it.
   */
  public void write(Path folder, String modelFile) {
    String dataFile = modelFile + ".data";
    try (AtomicOutput output = AtomicOutput.folder(folder)) {
      List<TensorProto> tensors = new ArrayList<>();
      try (ExternalData data = new ExternalData(output.path().resolve(dataFile))) {
        for (OnnxValue constant : constants()) {
          ConstantData elements = dataOf(constant);
          tensors.add(
              elements.byteLength() < ExternalData.SMALLEST
                  ? Initializer.inline(constant.name(), elements)
                  : Initializer.external(constant.name(), elements, data, dataFile));
        }
      }
      Files.write(output.path().resolve(modelFile), model(tensors).toByteArray());
      output.commit();
    } catch (IOException e) {
      throw failure(folder.toString(), e);
    }
  }

  /**
   * What {@link GraphFile#fingerprint} gives of the file that would be written. Computes all
   * constants, as writing them would.
   */
  public GraphFingerprint fingerprint() {
    GraphFingerprint.Computation computation = new GraphFingerprint.Computation(bare());
    try {
      for (OnnxValue constant : constants()) {
        ConstantData data = dataOf(constant);
        data.writeTo(
            computation.constant(
                GraphFile.isRefittable(constant.name(), data.type().code(), data.shape().size())));
      }
    } catch (IOException e) {
      throw failure("a hash", e);
    }
    return computation.result();
  }

  /**
   * What a graph is recorded from: SHA-256, 64 hexadecimal digits, of the graph and of what its
   * constants are computed from. Graphs of the same source have the same {@link #fingerprint}; the
   * reverse need not be so. Weights are read, but neither converted nor packed.
   */
  public String source() {
    MessageDigest digest = Sha256.begin();
    digest.update(bare());
    WritableByteChannel channel =
        Channels.newChannel(new DigestOutputStream(OutputStream.nullOutputStream(), digest));
    try {
      for (OnnxValue constant : constants()) {
        ConstantData data = dataOf(constant);
        digest.update((byte) 0);
        digest.update(data.getClass().getSimpleName().getBytes(StandardCharsets.UTF_8));
        data.writeSourceTo(channel);
      }
    } catch (IOException e) {
      throw failure("a hash", e);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /** The message, its constants without elements. */
  private byte[] bare() {
    List<TensorProto> bare = new ArrayList<>();
    constants().forEach(value -> bare.add(Initializer.bare(value.name(), dataOf(value))));
    return model(bare).toByteArray();
  }

  private OutputException failure(String where, IOException e) {
    return new OutputException(
        "Cannot write the ONNX graph " + name + " to " + where + ": " + IoReason.of(e) + ".", e);
  }

  private static ConstantData dataOf(OnnxValue constant) {
    return ((OnnxValue.Origin.Constant) constant.origin()).data();
  }

  /**
   * @param tensors the messages of {@link #constants}
   */
  private ModelProto model(List<TensorProto> tensors) {
    Iterator<TensorProto> remaining = tensors.iterator();
    GraphProto.Builder graph = GraphProto.newBuilder().setName(name);
    addConstants(main, remaining, graph);
    Map<Integer, GraphProto.Builder> loops = new HashMap<>();
    bodies.forEach(
        (serial, part) -> {
          GraphProto.Builder body = GraphProto.newBuilder();
          addConstants(part, remaining, body);
          part.nodes().forEach(node -> body.addNode(node.toProto()));
          loops.put(serial, body);
        });
    for (OnnxNode node : main.nodes()) {
      NodeProto.Builder message = node.toProto().toBuilder();
      node.body()
          .ifPresent(body -> message.addAttribute(attribute(node, body, loops.get(node.serial()))));
      graph.addNode(message);
    }
    inputs.forEach(value -> graph.addInput(info(value)));
    outputs.forEach(value -> graph.addOutput(info(value)));
    ModelProto.Builder model =
        ModelProto.newBuilder()
            .setIrVersion(IR_VERSIONS.get(description.opset()))
            .setProducerName("viditq")
            .setGraph(graph);
    model.addOpsetImport(
        OperatorSetIdProto.newBuilder().setDomain("").setVersion(description.opset()));
    new TreeMap<>(description.metadata())
        .forEach(
            (key, value) ->
                model.addMetadataProps(
                    StringStringEntryProto.newBuilder().setKey(key).setValue(value)));
    Set<String> others = new TreeSet<>();
    parts().stream()
        .flatMap(part -> part.nodes().stream())
        .forEach(node -> others.add(node.domain()));
    others.remove("");
    for (String domain : others) {
      model.addOpsetImport(OperatorSetIdProto.newBuilder().setDomain(domain).setVersion(1));
    }
    return model.build();
  }

  private static void addConstants(
      Part part, Iterator<TensorProto> remaining, GraphProto.Builder graph) {
    part.constants().forEach(constant -> graph.addInitializer(remaining.next()));
  }

  private AttributeProto attribute(OnnxNode node, LoopBody body, GraphProto.Builder graph) {
    body.variables().forEach(value -> graph.addInput(info(value)));
    body.results().forEach(value -> graph.addOutput(info(value)));
    return AttributeProto.newBuilder()
        .setName(BODY)
        .setType(AttributeProto.AttributeType.GRAPH)
        .setG(graph.setName(node.name() + "/" + BODY))
        .build();
  }

  private ValueInfoProto info(OnnxValue value) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    List<String> names = description.dimensions().get(value);
    for (int axis = 0; axis < value.shape().rank(); axis++) {
      TensorShapeProto.Dimension.Builder dimension = TensorShapeProto.Dimension.newBuilder();
      if (names != null && !names.get(axis).matches("[0-9]+")) {
        dimension.setDimParam(names.get(axis));
      } else {
        dimension.setDimValue(value.shape().dim(axis));
      }
      shape.addDim(dimension);
    }
    return ValueInfoProto.newBuilder()
        .setName(value.name())
        .setType(
            TypeProto.newBuilder()
                .setTensorType(
                    TypeProto.Tensor.newBuilder().setElemType(value.type().code()).setShape(shape)))
        .build();
  }
}
