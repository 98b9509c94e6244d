package org.viditq.cuda.graph;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.viditq.core.quant.MinMaxGrid;

/**
 * Replaces the plugins' nodes of a float32 graph by ONNX's own, as docs/plugins.md defines them, so
 * that any engine tells what the graph means. Codes are floats here, sums float64 and so exact;
 * weights are unpacked.
 */
final class PluginExpansion {
  private final GraphProto.Builder graph;
  private final Map<String, TensorProto> constants = new HashMap<>();
  private int names;

  private PluginExpansion(GraphProto graph) {
    this.graph = graph.toBuilder().clearNode();
    graph.getInitializerList().forEach(tensor -> constants.put(tensor.getName(), tensor));
  }

  static ModelProto of(ModelProto model) {
    PluginExpansion expansion = new PluginExpansion(model.getGraph());
    for (NodeProto node : model.getGraph().getNodeList()) {
      switch (node.getOpType()) {
        case "ViditqQuantize", "ViditqGeluQuantize", "ViditqNormModulateQuantize" ->
            expansion.quantize(node);
        case "ViditqQuantizedLinear" -> expansion.linear(node);
        case "ViditqGatedResidual" ->
            expansion.named(
                node.getOutput(0),
                "Add",
                node.getInput(2),
                expansion.op("Mul", node.getInput(0), node.getInput(1)));
        default -> expansion.graph.addNode(node);
      }
    }
    return model.toBuilder().setGraph(expansion.graph).build();
  }

  private void quantize(NodeProto node) {
    String y = node.getInput(0);
    int next = 1;
    if (node.getOpType().equals("ViditqNormModulateQuantize")) {
      String normalized = normalized(y, real(node, "epsilon"));
      String factor = op("Add", node.getInput(2), scalar(1));
      y = op("Add", op("Mul", normalized, factor), node.getInput(1));
      next = 3;
    } else if (node.getOpType().equals("ViditqGeluQuantize")) {
      String gelu = name();
      graph.addNode(
          NodeProto.newBuilder()
              .setOpType("Gelu")
              .addInput(y)
              .addOutput(gelu)
              .addAttribute(
                  AttributeProto.newBuilder()
                      .setName("approximate")
                      .setType(AttributeProto.AttributeType.STRING)
                      .setS(ByteString.copyFromUtf8("tanh"))));
      y = gelu;
    }
    if (integer(node, "has_balance") == 1) {
      String set = integer(node, "has_active_set") == 1 ? node.getInput(next + 1) : index(0);
      y = op("Div", y, gather(node.getInput(next), set));
    }
    boolean symmetric = integer(node, "symmetric") == 1;
    int bits = integer(node, "bits");
    float lowest = symmetric ? -(1 << (bits - 1)) : 0;
    float highest = symmetric ? (1 << (bits - 1)) - 1 : (1 << bits) - 1;
    String lo = op("Min", reduced("ReduceMin", y), scalar(0));
    String hi = op("Max", reduced("ReduceMax", y), scalar(0));
    String range = symmetric ? op("Max", op("Neg", lo), hi) : op("Sub", hi, lo);
    named(
        node.getOutput(1), "Max", op("Div", range, scalar(highest)), scalar(MinMaxGrid.MIN_SCALE));
    if (symmetric) {
      named(node.getOutput(2), "Mul", lo, scalar(0));
    } else {
      named(node.getOutput(2), "Round", op("Div", op("Neg", lo), node.getOutput(1)));
    }
    String steps = op("Round", op("Div", y, node.getOutput(1)));
    named(
        node.getOutput(0),
        "Clip",
        op("Add", steps, node.getOutput(2)),
        scalar(lowest),
        scalar(highest));
  }

  private String normalized(String x, float epsilon) {
    String mean = reduced("ReduceMean", x);
    String centered = op("Sub", x, mean);
    String variance = reduced("ReduceMean", op("Mul", centered, centered));
    return op("Div", centered, op("Sqrt", op("Add", variance, scalar(epsilon))));
  }

  private void linear(NodeProto node) {
    List<String> inputs = new ArrayList<>(node.getInputList().subList(8, node.getInputCount()));
    String set = integer(node, "has_active_set") == 1 ? inputs.remove(0) : index(0);
    String codes = cast(op("Sub", node.getInput(0), node.getInput(2)), TensorProto.DataType.DOUBLE);
    String weight = op("Squeeze", gather(weights(node), set), indices(0));
    String sums = op("MatMul", codes, weight);
    String scale =
        op(
            "Mul",
            cast(node.getInput(1), TensorProto.DataType.DOUBLE),
            cast(gather(node.getInput(5), set), TensorProto.DataType.DOUBLE));
    String y = cast(op("Mul", sums, scale), TensorProto.DataType.FLOAT);
    if (integer(node, "has_bias") == 1) {
      y = op("Add", y, inputs.remove(0));
    }
    if (integer(node, "activation") == 1) {
      throw new IllegalStateException("No model has GELU within a product.");
    }
    if (integer(node, "has_gate") == 1) {
      y = op("Mul", y, inputs.remove(0));
    }
    if (integer(node, "has_residual") == 1) {
      y = op("Add", y, inputs.remove(0));
    }
    named(node.getOutput(0), "Identity", y);
  }

  /** code - zero point, float64 [sets, inner, channels]. */
  private String weights(NodeProto node) {
    int channels = integer(node, "channels");
    int inner = integer(node, "inner");
    int bits = integer(node, "weight_bits");
    byte[] packed = constants.get(node.getInput(4)).getRawData().toByteArray();
    ByteBuffer zeroPoints =
        constants
            .get(node.getInput(6))
            .getRawData()
            .asReadOnlyByteBuffer()
            .order(ByteOrder.LITTLE_ENDIAN);
    int sets = (int) constants.get(node.getInput(4)).getDims(0);
    int setBytes = packed.length / sets;
    ByteBuffer values =
        ByteBuffer.allocate(8 * sets * inner * channels).order(ByteOrder.LITTLE_ENDIAN);
    for (int set = 0; set < sets; set++) {
      for (int k = 0; k < inner; k++) {
        for (int n = 0; n < channels; n++) {
          int code =
              bits == 8
                  ? packed[set * setBytes + n * ((inner + 15) / 16 * 16) + k]
                  : nibble(packed, set * setBytes, n, k, inner);
          values.putDouble(code - zeroPoints.getInt(4 * (set * channels + n)));
        }
      }
    }
    String name = name();
    graph.addInitializer(
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(TensorProto.DataType.DOUBLE.getNumber())
            .addDims(sets)
            .addDims(inner)
            .addDims(channels)
            .setRawData(ByteString.copyFrom(values.array())));
    return name;
  }

  /** As cuda/kernels/packed_weights.h says. */
  private static int nibble(byte[] packed, int from, int channel, int k, int inner) {
    int block = channel / 32 * ((inner + 63) / 64 * 2) + k / 32;
    int lane = channel % 8 * 4 + k % 16 / 4;
    int at = from + block * 512 + lane * 16 + channel % 32 / 8 * 4 + k % 4;
    return k % 32 >= 16 ? packed[at] >> 4 & 15 : packed[at] & 15;
  }

  private String gather(String table, String set) {
    return op("Gather", table, set);
  }

  private String cast(String x, TensorProto.DataType type) {
    String result = name();
    graph.addNode(
        NodeProto.newBuilder()
            .setOpType("Cast")
            .addInput(x)
            .addOutput(result)
            .addAttribute(
                AttributeProto.newBuilder()
                    .setName("to")
                    .setType(AttributeProto.AttributeType.INT)
                    .setI(type.getNumber())));
    return result;
  }

  /** Over the last axis, which stays with extent 1. */
  private String reduced(String operator, String x) {
    return op(operator, x, indices(-1));
  }

  private String op(String operator, String... inputs) {
    String result = name();
    named(result, operator, inputs);
    return result;
  }

  private void named(String result, String operator, String... inputs) {
    graph.addNode(
        NodeProto.newBuilder().setOpType(operator).addAllInput(List.of(inputs)).addOutput(result));
  }

  private String scalar(float value) {
    ByteBuffer bytes = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(0, value);
    return constant(TensorProto.DataType.FLOAT, bytes, List.of());
  }

  /** int32 [1]. */
  private String index(int value) {
    ByteBuffer bytes = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(0, value);
    return constant(TensorProto.DataType.INT32, bytes, List.of(1L));
  }

  private String indices(long value) {
    ByteBuffer bytes = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, value);
    return constant(TensorProto.DataType.INT64, bytes, List.of(1L));
  }

  private String constant(TensorProto.DataType type, ByteBuffer bytes, List<Long> dims) {
    String name = name();
    graph.addInitializer(
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(type.getNumber())
            .addAllDims(dims)
            .setRawData(ByteString.copyFrom(bytes.array())));
    return name;
  }

  private String name() {
    return "expanded_" + names++;
  }

  private static int integer(NodeProto node, String name) {
    return (int) attribute(node, name).getI();
  }

  private static float real(NodeProto node, String name) {
    return attribute(node, name).getF();
  }

  private static AttributeProto attribute(NodeProto node, String name) {
    return node.getAttributeList().stream()
        .filter(attribute -> attribute.getName().equals(name))
        .findFirst()
        .orElseThrow();
  }
}
