package org.viditq.onnxruntime;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A graph of the plugin dialect that also gives what goes into its quantizers and attention and
 * comes out of them, and the sums of its integer products: of a twin of each product's node whose
 * scales are all 1, and whose sums float32 holds.
 */
final class GraphProbe {
  private final GraphProto.Builder graph;
  private final Map<String, TensorProto> constants = new HashMap<>();
  private final List<NodeProto> quantizers = new ArrayList<>();
  private final List<NodeProto> products = new ArrayList<>();
  private final List<NodeProto> attentions = new ArrayList<>();
  private final byte[] bytes;

  /**
   * @param model float32
   */
  GraphProbe(byte[] model) throws InvalidProtocolBufferException {
    ModelProto proto = ModelProto.parseFrom(model);
    graph = proto.getGraph().toBuilder();
    proto.getGraph().getInitializerList().forEach(c -> constants.put(c.getName(), c));
    for (NodeProto node : proto.getGraph().getNodeList()) {
      switch (node.getOpType()) {
        case "ViditqQuantize",
            "ViditqGeluQuantize",
            "ViditqHadamardQuantize",
            "ViditqNormModulateQuantize" ->
            probe(node);
        case "ViditqQuantizedLinear" -> twin(node);
        case "ViditqAttention" -> probeAttention(node);
        default -> {
          // Nothing of ours, or a sum that the prediction shows.
        }
      }
    }
    bytes = proto.toBuilder().setGraph(graph).build().toByteArray();
  }

  byte[] toBytes() {
    return bytes;
  }

  List<NodeProto> quantizers() {
    return quantizers;
  }

  List<NodeProto> products() {
    return products;
  }

  List<NodeProto> attentions() {
    return attentions;
  }

  private void probeAttention(NodeProto attention) {
    attentions.add(attention);
    for (int i = 0; i < attention.getInputCount(); i++) {
      output(input(attention, i), "Identity", List.of(attention.getInput(i)), ElementKind.FLOAT32);
    }
    List<String> result = List.of(attention.getOutput(0));
    output(attended(attention), "Identity", result, ElementKind.FLOAT32);
  }

  private void probe(NodeProto quantizer) {
    quantizers.add(quantizer);
    int values = quantizer.getOpType().equals("ViditqNormModulateQuantize") ? 3 : 1;
    for (int i = 0; i < values; i++) {
      output(input(quantizer, i), "Identity", List.of(quantizer.getInput(i)), ElementKind.FLOAT32);
    }
    List<ElementKind> kinds =
        List.of(ElementKind.INT8, ElementKind.FLOAT32, ElementKind.INT32, ElementKind.INT32);
    for (int i = 0; i < kinds.size(); i++) {
      output(tokens(quantizer, i), "Identity", List.of(quantizer.getOutput(i)), kinds.get(i));
    }
  }

  private void twin(NodeProto product) {
    products.add(product);
    String scale = product.getName() + ".ones";
    graph.addNode(
        NodeProto.newBuilder()
            .setOpType("Div")
            .addInput(product.getInput(1))
            .addInput(product.getInput(1))
            .addOutput(scale));
    TensorProto weightScale = constants.get(product.getInput(5));
    String unit = product.getName() + ".unit";
    ByteBuffer ones =
        ByteBuffer.allocate(weightScale.getRawData().size()).order(ByteOrder.LITTLE_ENDIAN);
    while (ones.hasRemaining()) {
      ones.putFloat(1);
    }
    graph.addInitializer(
        weightScale.toBuilder().setName(unit).setRawData(ByteString.copyFrom(ones.array())));
    NodeProto.Builder twin = product.toBuilder().setName(product.getName() + ".twin");
    twin.clearInput().clearOutput().clearAttribute();
    List<String> inputs = new ArrayList<>(product.getInputList().subList(0, 8));
    inputs.set(1, scale);
    inputs.set(5, unit);
    if (integer(product, "has_active_set") == 1) {
      inputs.add(product.getInput(8));
    }
    twin.addAllInput(inputs).addOutput(sums(product));
    for (AttributeProto attribute : product.getAttributeList()) {
      boolean left =
          List.of("activation", "has_bias", "has_gate", "has_residual")
              .contains(attribute.getName());
      twin.addAttribute(left ? attribute.toBuilder().setI(0).build() : attribute);
    }
    graph.addNode(twin);
    graph.addOutput(typed(sums(product), ElementKind.FLOAT32));
  }

  private void output(String name, String operator, List<String> inputs, ElementKind kind) {
    graph.addNode(NodeProto.newBuilder().setOpType(operator).addAllInput(inputs).addOutput(name));
    graph.addOutput(typed(name, kind));
  }

  private static ValueInfoProto typed(String name, ElementKind kind) {
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(TypeProto.Tensor.newBuilder().setElemType(kind.proto.getNumber())))
        .build();
  }

  /** The output that tells an attention's result. */
  static String attended(NodeProto attention) {
    return attention.getName() + ".attended";
  }

  /** The output that tells what an input of a quantizer or of attention was. */
  static String input(NodeProto node, int index) {
    return node.getName() + ".input" + index;
  }

  /** The output that tells a quantizer's result, in the order of its node. */
  static String tokens(NodeProto quantizer, int index) {
    return quantizer.getName() + "." + TokenAssertions.OUTPUTS.get(index);
  }

  /** The output that tells the sums of (code - zero point) of inputs and weights. */
  static String sums(NodeProto product) {
    return product.getName() + ".sums";
  }

  /** A row of a constant [rows, columns] of float32. */
  float[] row(String constant, int row) {
    TensorProto tensor = constants.get(constant);
    int columns = (int) tensor.getDims(1);
    float[] values = new float[columns * (int) tensor.getDims(0)];
    tensor
        .getRawData()
        .asReadOnlyByteBuffer()
        .order(ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer()
        .get(values);
    return Arrays.copyOfRange(values, row * columns, (row + 1) * columns);
  }

  static int integer(NodeProto node, String name) {
    return (int) attribute(node, name).getI();
  }

  static float real(NodeProto node, String name) {
    return attribute(node, name).getF();
  }

  private static AttributeProto attribute(NodeProto node, String name) {
    return node.getAttributeList().stream()
        .filter(attribute -> attribute.getName().equals(name))
        .findFirst()
        .orElseThrow();
  }
}
