package org.viditq.cuda.tensorrt;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.tensorrt.global.nvinfer.DataType;
import org.bytedeco.tensorrt.global.nvonnxparser;
import org.bytedeco.tensorrt.nvinfer.INetworkDefinition;
import org.bytedeco.tensorrt.nvonnxparser.IParser;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** TensorRT's ONNX parser makes our plugins of nodes with their names. */
class PluginOnnxTest {
  private static final int INNER = 40;
  private static final int CHANNELS = 24;

  @BeforeEach
  void clearLog() {
    TensorRt.LOG.clear();
  }

  @Test
  void nodesBecomePluginsWithTheirAttributesAsFields() {
    INetworkDefinition network = TensorRt.builder().createNetworkV2(0);
    assertThat(parse(network, model(8))).isTrue();
    assertThat(TensorRt.LOG.lines()).isEmpty();
    assertThat(PluginNetwork.extents(network.getOutput(0)))
        .containsExactly(-1L, -1L, (long) CHANNELS);
    assertThat(network.getOutput(0).getType().intern()).isEqualTo(DataType.kHALF);
  }

  @Test
  void attributesOutOfRangeAreRefused() {
    INetworkDefinition network = TensorRt.builder().createNetworkV2(0);
    assertThat(parse(network, model(9))).isFalse();
    assertThat(TensorRt.LOG.lines())
        .contains("ViditqQuantize: field bits is 9; it must be 2 to 8.");
  }

  private static boolean parse(INetworkDefinition network, ModelProto model) {
    IParser parser = nvonnxparser.createParser(network, TensorRt.LOG);
    byte[] bytes = model.toByteArray();
    try (BytePointer serialized = new BytePointer(bytes)) {
      return parser.parse(serialized, bytes.length);
    }
  }

  /** A quantized linear layer with GELU on x [batch, tokens, INNER] in float16. */
  private static ModelProto model(int bits) {
    NodeProto quantize =
        plugin("ViditqQuantize", List.of("x"), List.of("codes", "scale", "zero_point", "row_sum"))
            .addAttribute(integer("bits", bits))
            .addAttribute(integer("symmetric", 0))
            .addAttribute(integer("has_balance", 0))
            .addAttribute(integer("has_active_set", 0))
            .build();
    NodeProto linear =
        plugin(
                "ViditqQuantizedLinear",
                List.of(
                    "codes",
                    "scale",
                    "zero_point",
                    "row_sum",
                    "w_codes",
                    "w_scale",
                    "w_zero_point",
                    "w_centered_sum",
                    "range",
                    "bias"),
                List.of("y"))
            .addAttribute(integer("channels", CHANNELS))
            .addAttribute(integer("inner", INNER))
            .addAttribute(integer("weight_bits", 8))
            .addAttribute(integer("x_symmetric", 0))
            .addAttribute(integer("activation", 1))
            .addAttribute(integer("output_type", 1))
            .addAttribute(integer("has_active_set", 1))
            .addAttribute(integer("has_bias", 1))
            .addAttribute(integer("has_gate", 0))
            .addAttribute(integer("has_residual", 0))
            .build();
    GraphProto graph =
        GraphProto.newBuilder()
            .setName("layer")
            .addNode(quantize)
            .addNode(linear)
            .addInput(value("x", TensorProto.DataType.FLOAT16, "batch", "tokens", INNER))
            .addInput(value("range", TensorProto.DataType.INT32, 1))
            .addOutput(value("y", TensorProto.DataType.FLOAT16, "batch", "tokens", CHANNELS))
            .addInitializer(zeros("w_codes", TensorProto.DataType.INT8, 1, 1, CHANNELS * 48))
            .addInitializer(zeros("w_scale", TensorProto.DataType.FLOAT, 4, 1, CHANNELS))
            .addInitializer(zeros("w_zero_point", TensorProto.DataType.INT32, 4, 1, CHANNELS))
            .addInitializer(zeros("w_centered_sum", TensorProto.DataType.INT32, 4, 1, CHANNELS))
            .addInitializer(zeros("bias", TensorProto.DataType.FLOAT, 4, CHANNELS))
            .build();
    return ModelProto.newBuilder()
        .setIrVersion(9)
        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(20))
        .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("viditq").setVersion(1))
        .setGraph(graph)
        .build();
  }

  private static NodeProto.Builder plugin(String name, List<String> inputs, List<String> outputs) {
    return NodeProto.newBuilder()
        .setOpType(name)
        .setDomain("viditq")
        .addAllInput(inputs)
        .addAllOutput(outputs)
        .addAttribute(text("plugin_namespace", TensorRt.NAMESPACE))
        .addAttribute(text("plugin_version", TensorRt.VERSION));
  }

  private static AttributeProto integer(String name, int value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.INT)
        .setI(value)
        .build();
  }

  private static AttributeProto text(String name, String value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.STRING)
        .setS(ByteString.copyFromUtf8(value))
        .build();
  }

  /** Extents are numbers, or names of those that are not known. */
  private static ValueInfoProto value(String name, TensorProto.DataType type, Object... extents) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    for (Object extent : extents) {
      TensorShapeProto.Dimension.Builder dimension = shape.addDimBuilder();
      if (extent instanceof String symbol) {
        dimension.setDimParam(symbol);
      } else {
        dimension.setDimValue((Integer) extent);
      }
    }
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(
                    TypeProto.Tensor.newBuilder().setElemType(type.getNumber()).setShape(shape)))
        .build();
  }

  private static TensorProto zeros(
      String name, TensorProto.DataType type, int elementBytes, long... extents) {
    int bytes = elementBytes;
    TensorProto.Builder tensor =
        TensorProto.newBuilder().setName(name).setDataType(type.getNumber());
    for (long extent : extents) {
      tensor.addDims(extent);
      bytes *= (int) extent;
    }
    return tensor.setRawData(ByteString.copyFrom(new byte[bytes])).build();
  }
}
