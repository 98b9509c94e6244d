package org.viditq.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.viditq.core.error.OutputException;
import org.viditq.core.io.IoReason;

/**
 * Looks at a model in the plugin dialect as it was written: values are there before they are used,
 * constants lie within their file, and the plugins' nodes have the fields, inputs and weights that
 * docs/plugins.md asks for. No engine knows these nodes without the plugin library.
 */
public final class GraphCheck {
  private static final List<String> QUANTIZER =
      List.of("bits", "symmetric", "has_balance", "has_active_set");
  private static final Map<String, List<String>> FIELDS =
      Map.of(
          "ViditqQuantize", QUANTIZER,
          "ViditqGeluQuantize", QUANTIZER,
          "ViditqHadamardQuantize", with(QUANTIZER, "block", "regular", "has_matrix"),
          "ViditqNormModulateQuantize", with(QUANTIZER, "epsilon"),
          "ViditqQuantizedLinear",
              List.of(
                  "channels",
                  "inner",
                  "weight_bits",
                  "x_symmetric",
                  "activation",
                  "output_type",
                  "has_active_set",
                  "has_bias",
                  "has_gate",
                  "has_residual"),
          "ViditqGatedResidual", List.of(),
          "ViditqAttention", List.of("heads", "scale", "has_bias"));

  /** More than any constant has. */
  private static final long MOST_BYTES = 1L << 40;

  private final Path file;
  private final Map<String, TensorProto> constants = new HashMap<>();
  private final Set<String> names = new HashSet<>();

  /** Values that are there where a node stands. */
  private final Set<String> known = new HashSet<>();

  private GraphCheck(Path file) {
    this.file = file;
  }

  private static List<String> with(List<String> fields, String... own) {
    List<String> all = new ArrayList<>(fields);
    all.addAll(List.of(own));
    return List.copyOf(all);
  }

  /**
   * @param file of the model, with the file of its constants beside it
   * @throws OutputException saying what is wrong with it
   */
  public static void require(Path file) {
    try {
      new GraphCheck(file).requireGraph(ModelProto.parseFrom(Files.readAllBytes(file)).getGraph());
    } catch (IOException e) {
      throw new OutputException("Cannot check " + file + ": " + IoReason.of(e) + ".", e);
    }
  }

  private void requireGraph(GraphProto graph) throws IOException {
    for (TensorProto constant : graph.getInitializerList()) {
      constants.put(constant.getName(), constant);
      add(constant.getName());
      requireStored(constant);
    }
    for (ValueInfoProto input : graph.getInputList()) {
      add(input.getName());
    }
    for (NodeProto node : graph.getNodeList()) {
      for (String input : node.getInputList()) {
        if (!input.isEmpty() && !known.contains(input)) {
          throw failure(node.getName() + " uses " + input + " before it is there");
        }
      }
      for (AttributeProto attribute : node.getAttributeList()) {
        if (attribute.hasG()) {
          requireBody(node, attribute.getG());
        }
      }
      node.getOutputList().forEach(this::add);
      if (node.getDomain().equals(Plugins.DOMAIN)) {
        requirePlugin(node);
      }
    }
    for (ValueInfoProto output : graph.getOutputList()) {
      if (!known.contains(output.getName())) {
        throw failure("nothing computes the output " + output.getName());
      }
    }
  }

  /** A body sees what is before the loop; nobody sees into it. */
  private void requireBody(NodeProto loop, GraphProto body) throws IOException {
    Set<String> before = new HashSet<>(known);
    requireGraph(body);
    known.retainAll(before);
    boolean fits =
        loop.getOpType().equals("Loop")
            && loop.getInputCount() == body.getInputCount()
            && loop.getOutputCount() == body.getOutputCount() - 1
            && body.getOutputCount() == body.getInputCount() - 1;
    if (!fits) {
      throw failure(loop.getName() + " has a body that takes or gives other values than it");
    }
  }

  private void add(String name) {
    if (!names.add(name)) {
      throw failure("two values are called " + name);
    }
    known.add(name);
  }

  private void requireStored(TensorProto constant) throws IOException {
    long bytes = bytesOf(constant);
    for (long dim : constant.getDimsList()) {
      if (dim < 0 || dim > 0 && bytes > MOST_BYTES / dim) {
        throw failure(constant.getName() + " has extents that no constant has");
      }
      bytes *= dim;
    }
    if (constant.getDataLocation() != TensorProto.DataLocation.EXTERNAL) {
      if (constant.getRawData().size() != bytes) {
        throw failure(constant.getName() + " has not as many bytes as its extents say");
      }
      return;
    }
    Map<String, String> place = new HashMap<>();
    for (StringStringEntryProto entry : constant.getExternalDataList()) {
      place.put(entry.getKey(), entry.getValue());
    }
    long offset = number(place, "offset");
    boolean fits =
        number(place, "length") == bytes
            && offset >= 0
            && offset <= Files.size(data(place)) - bytes;
    if (!fits) {
      throw failure(constant.getName() + " does not lie in the file of the constants");
    }
  }

  private long number(Map<String, String> place, String key) {
    try {
      return Long.parseLong(place.getOrDefault(key, ""));
    } catch (NumberFormatException none) {
      throw failure("a constant has no " + key + " in its file");
    }
  }

  /** The file of the constants, which has the model's name with more behind it. */
  private Path data(Map<String, String> place) {
    String expected = file.getFileName() + ".data";
    if (!expected.equals(place.get("location"))) {
      throw failure("a constant lies elsewhere than in " + expected);
    }
    return file.resolveSibling(expected);
  }

  private static int bytesOf(TensorProto constant) {
    for (ElementType type : ElementType.values()) {
      if (type.code() == constant.getDataType()) {
        return type.bytes();
      }
    }
    return 0;
  }

  private void requirePlugin(NodeProto node) {
    List<String> needed = FIELDS.get(node.getOpType());
    if (needed == null) {
      throw failure(node.getName() + " is no plugin");
    }
    Map<String, Integer> fields = new TreeMap<>();
    Set<String> names = new HashSet<>();
    for (AttributeProto attribute : node.getAttributeList()) {
      names.add(attribute.getName());
      fields.put(attribute.getName(), (int) attribute.getI());
    }
    Set<String> all = new HashSet<>(needed);
    all.addAll(List.of("plugin_namespace", "plugin_version"));
    if (!names.equals(all)) {
      throw failure(node.getName() + " has the fields " + names + " instead of " + all);
    }
    for (String field : needed) {
      if (field.startsWith("has_") && fields.get(field) != 0 && fields.get(field) != 1) {
        throw failure(node.getName() + " has the field " + field + ", which is neither 0 nor 1");
      }
    }
    int own =
        switch (node.getOpType()) {
          case "ViditqQuantizedLinear" -> 8;
          case "ViditqNormModulateQuantize", "ViditqGatedResidual", "ViditqAttention" -> 3;
          default -> 1;
        };
    int optional =
        needed.stream()
            .filter(field -> field.startsWith("has_"))
            .mapToInt(field -> fields.get(field))
            .sum();
    if (node.getInputCount() != own + optional) {
      throw failure(node.getName() + " has not the inputs that its fields announce");
    }
    if (node.getOpType().equals("ViditqQuantizedLinear")) {
      requireWeights(node, fields);
      return;
    }
    int matrix = fields.getOrDefault("has_matrix", 0);
    if (matrix == 1) {
      requireSquare(node, constant(node, own, ElementType.INT8));
    }
    if (fields.getOrDefault("has_balance", 0) == 1) {
      constant(node, own + matrix, ElementType.FLOAT);
    }
  }

  private void requireSquare(NodeProto node, TensorProto matrix) {
    if (matrix.getDimsCount() != 2 || matrix.getDims(0) != matrix.getDims(1)) {
      throw failure(node.getName() + " has a matrix that is not square");
    }
  }

  private void requireWeights(NodeProto node, Map<String, Integer> fields) {
    int channels = fields.get("channels");
    int inner = fields.get("inner");
    int bits = fields.get("weight_bits");
    boolean possible =
        channels >= 1
            && channels <= PluginLayer.MOST_CHANNELS
            && inner >= 1
            && inner <= PluginLayer.MOST_INNER
            && (bits == 4 || bits == 8);
    TensorProto codes = constant(node, 4, ElementType.INT8);
    if (!possible || codes.getDimsCount() != 2) {
      throw failure(node.getName() + " has extents that no layer has");
    }
    long sets = codes.getDims(0);
    requireExtents(node, codes, sets, PackedWeights.bytes(channels, inner, bits));
    requireExtents(node, constant(node, 5, ElementType.FLOAT), sets, channels);
    requireExtents(node, constant(node, 6, ElementType.INT32), sets, channels);
    requireExtents(node, constant(node, 7, ElementType.INT32), sets, channels);
    if (sets > 1 && fields.get("has_active_set") == 0) {
      throw failure(node.getName() + " has several weight sets and nothing that chooses one");
    }
    int bias = 8 + fields.get("has_active_set");
    // One of several is looked up by a node.
    if (fields.get("has_bias") == 1 && constants.containsKey(node.getInput(bias))) {
      requireExtents(node, constant(node, bias, ElementType.FLOAT), channels);
    }
  }

  private TensorProto constant(NodeProto node, int input, ElementType type) {
    TensorProto constant = constants.get(node.getInput(input));
    if (constant == null || constant.getDataType() != type.code()) {
      throw failure(node.getName() + " wants a constant " + type + " as input " + input);
    }
    return constant;
  }

  private void requireExtents(NodeProto node, TensorProto constant, long... extents) {
    List<Long> expected = Arrays.stream(extents).boxed().toList();
    if (!constant.getDimsList().equals(expected)) {
      throw failure(
          node.getName()
              + " takes "
              + constant.getName()
              + " "
              + expected
              + ", but it is "
              + constant.getDimsList());
    }
  }

  private OutputException failure(String what) {
    return new OutputException(
        "The ONNX graph " + file.getFileName() + " was written wrongly: " + what + ".");
  }
}
