package org.viditq.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.viditq.core.error.BackendException;
import org.viditq.core.error.OutputException;
import org.viditq.core.error.UsageException;
import org.viditq.core.error.ViditqException;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.ActivationQuantization;
import org.viditq.core.quant.ActivationQuantization.DynamicToken;
import org.viditq.core.quant.ActivationQuantization.DynamicTokenShared;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.quant.Rotation;
import org.viditq.core.quant.TimestepRange;
import org.viditq.core.quant.WeightCodes;
import org.viditq.core.tensor.Tensor;
import org.viditq.onnx.OnnxOptions.AttentionForm;

/** Graphs of one quantized layer: what is checked of them, and what they refuse. */
class GraphCheckTest {
  private static final int CHANNELS = 300;
  private static final int INNER = 40;
  private static final OnnxOptions PLUGIN =
      OnnxOptions.plugin(FloatFormat.FP16, AttentionForm.NODE);

  @TempDir Path folder;

  @Test
  void whatIsRecordedPasses() {
    assertThatCode(() -> GraphCheck.require(written())).doesNotThrowAnyException();
  }

  static Stream<Arguments> damages() {
    return Stream.of(
        damage("before it is there", graph -> graph.getNodeBuilder(1).setInput(0, "nothing")),
        damage("two values", graph -> graph.getNodeBuilder(1).setOutput(0, "x")),
        damage("is no plugin", graph -> quantizer(graph).setOpType("ViditqNothing")),
        damage("instead of", graph -> quantizer(graph).removeAttribute(3)),
        damage("inputs that its fields", graph -> quantizer(graph).addInput("x")),
        damage("wants a constant", graph -> layer(graph).setInput(4, "x")),
        damage("takes layer.weight_scale", graph -> scale(graph).setDims(0, 1).setDims(1, 600)),
        damage("nothing computes", graph -> graph.getOutputBuilder(0).setName("z")),
        damage("file of the constants", graph -> scale(graph).setDims(1, CHANNELS + 1)));
  }

  private static Arguments damage(String message, Consumer<GraphProto.Builder> damage) {
    return Arguments.of(message, damage);
  }

  private static NodeProto.Builder quantizer(GraphProto.Builder graph) {
    return DamagedGraph.node(graph, "ViditqQuantize");
  }

  private static NodeProto.Builder layer(GraphProto.Builder graph) {
    return DamagedGraph.node(graph, "ViditqQuantizedLinear");
  }

  private static TensorProto.Builder scale(GraphProto.Builder graph) {
    return DamagedGraph.constant(graph, "layer.weight_scale");
  }

  @ParameterizedTest
  @MethodSource("damages")
  void damagedGraphsAreRefused(String message, Consumer<GraphProto.Builder> damage)
      throws IOException {
    DamagedGraph.requireRefused(written(), damage, message);
  }

  /** Whatever bytes it is given, it either passes or says in a sentence why not. */
  @Test
  void anyBytesAreJudged() throws IOException {
    Path file = written();
    byte[] model = Files.readAllBytes(file);
    Random random = new Random(3);
    for (int i = 0; i < 300; i++) {
      Files.write(file, DamagedGraph.withRandomBytes(model, 1 + i % 4, random));
      try {
        GraphCheck.require(file);
      } catch (ViditqException judged) {
        // As it should be.
      }
    }
  }

  static Stream<Arguments> schemes() {
    IntegerFormat eight = IntegerFormat.asymmetric(8);
    return Stream.of(
        Arguments.of(List.of(new DynamicTokenShared(eight)), "token by token"),
        Arguments.of(
            List.of(new DynamicToken(eight), new DynamicToken(IntegerFormat.asymmetric(6))),
            "other bits"));
  }

  @ParameterizedTest
  @MethodSource("schemes")
  void layersThatNoPluginComputesAreNamed(List<ActivationQuantization> schemes, String message) {
    try (OnnxOperators operators = new OnnxOperators(PLUGIN)) {
      QuantizedLinearParameters layer = layer(schemes);
      assertThatThrownBy(() -> operators.prepare(layer))
          .isInstanceOf(BackendException.class)
          .hasMessageContaining("Layer layer")
          .hasMessageContaining(message);
    }
  }

  @Test
  void layersOnOneInputShareItsRotation() throws IOException {
    Path file = rotated("a", "b");
    GraphCheck.require(file);
    List<NodeProto> nodes = ModelProto.parseFrom(Files.readAllBytes(file)).getGraph().getNodeList();
    List<NodeProto> quantizers =
        nodes.stream().filter(node -> node.getOpType().endsWith("Quantize")).toList();
    assertThat(quantizers).hasSize(1);
    NodeProto quantizer = quantizers.get(0);
    assertThat(quantizer.getOpType()).isEqualTo("ViditqHadamardQuantize");
    assertThat(quantizer.getInputList().subList(1, 3)).containsExactly("hadamard.20", "a.balance");
    assertThat(nodes.stream().filter(node -> node.getInputList().contains(quantizer.getOutput(0))))
        .hasSize(2);
  }

  @Test
  void damagedRotationsAreRefused() throws IOException {
    Path file = rotated("a");
    ModelProto.Builder model = ModelProto.parseFrom(Files.readAllBytes(file)).toBuilder();
    model.getGraphBuilder().getInitializerBuilderList().stream()
        .filter(tensor -> tensor.getName().equals("hadamard.20"))
        .forEach(tensor -> tensor.setDims(0, 4).setDims(1, 100));
    Files.write(file, model.build().toByteArray());
    assertThatThrownBy(() -> GraphCheck.require(file))
        .isInstanceOf(OutputException.class)
        .hasMessageContaining("a matrix that is not square");
  }

  @Test
  void rotationsThatChangeWithTimeHaveNoPlugin() {
    DynamicToken token = new DynamicToken(IntegerFormat.asymmetric(8));
    List<WeightSet> sets = new ArrayList<>();
    for (WeightSet set : layer(List.of(token, token)).sets()) {
      sets.add(rotated(set, sets.size()));
    }
    QuantizedLinearParameters layer =
        new QuantizedLinearParameters("layer", sets, Optional.empty());
    try (OnnxOperators operators = new OnnxOperators(PLUGIN)) {
      assertThatThrownBy(() -> operators.prepare(layer))
          .isInstanceOf(BackendException.class)
          .hasMessageContaining("Layer layer has no plugin")
          .hasMessageContaining("rotates its input otherwise at other timesteps");
    }
  }

  private static WeightSet rotated(WeightSet set, long seed) {
    return new WeightSet(
        set.range(),
        set.weight(),
        set.balance(),
        Optional.of(new Rotation(Rotation.Kind.HADAMARD, INNER, OptionalLong.of(seed))),
        set.activation(),
        Optional.empty());
  }

  /** A graph of layers on x, whose sum is y. */
  private Path rotated(String... names) {
    try (OnnxOperators operators = new OnnxOperators(PLUGIN)) {
      OnnxValue x = operators.computed(operators.input("x", 2, 3, INNER));
      OnnxValue y = null;
      for (String name : names) {
        WeightSet set = layer(List.of(new DynamicToken(IntegerFormat.asymmetric(8)))).sets().get(0);
        QuantizedLinearParameters layer =
            new QuantizedLinearParameters(name, List.of(rotated(set, 3)), Optional.empty());
        OnnxValue own = operators.linear(x, operators.prepare(layer), Epilogue.none());
        y = y == null ? own : operators.add(y, own);
      }
      operators.graph("rotated", Map.of("y", operators.exact(y))).write(folder.resolve("graph"));
      return folder.resolve("graph").resolve(OnnxGraph.MODEL_FILE);
    }
  }

  @Test
  void thePortableDialectIsFloat32() {
    assertThatThrownBy(() -> new OnnxOperators(OnnxOptions.STANDARD.in(FloatFormat.BF16)))
        .isInstanceOf(UsageException.class);
  }

  /** A graph of two sets: x, an input in float16's range, and the layer on it, with residual. */
  private Path written() {
    try (OnnxOperators operators = new OnnxOperators(PLUGIN)) {
      OnnxValue x = operators.computed(operators.input("x", 2, 3, INNER));
      OnnxValue residual = operators.computed(operators.input("r", 2, 3, CHANNELS));
      DynamicToken token = new DynamicToken(IntegerFormat.asymmetric(8));
      OnnxValue y =
          operators.linear(
              x, operators.prepare(layer(List.of(token, token))), Epilogue.residual(residual));
      OnnxGraph graph = operators.graph("layer", Map.of("y", operators.exact(y)));
      graph.write(folder.resolve("graph"));
      return folder.resolve("graph").resolve(OnnxGraph.MODEL_FILE);
    }
  }

  private static QuantizedLinearParameters layer(List<ActivationQuantization> schemes) {
    List<WeightSet> sets = new ArrayList<>();
    for (int i = 0; i < schemes.size(); i++) {
      sets.add(
          new WeightSet(
              new TimestepRange(500 * i, 500 * (i + 1)),
              weight(i),
              Optional.empty(),
              schemes.get(i)));
    }
    return new QuantizedLinearParameters("layer", sets, Optional.of(Tensor.zeros(CHANNELS)));
  }

  private static QuantizedWeight weight(int first) {
    float[] scale = new float[CHANNELS];
    Arrays.fill(scale, 0.1f);
    WeightCodes codes =
        new WeightCodes() {
          @Override
          public int rows() {
            return CHANNELS;
          }

          @Override
          public int columns() {
            return INNER;
          }

          @Override
          public void copyRow(int row, byte[] destination, int offset) {
            for (int k = 0; k < INNER; k++) {
              destination[offset + k] = (byte) (first + row + k);
            }
          }

          @Override
          public long sizeInBytes() {
            return (long) CHANNELS * INNER;
          }
        };
    return new QuantizedWeight(
        codes, new AffineGrid(IntegerFormat.asymmetric(8), scale, new int[CHANNELS]));
  }
}
