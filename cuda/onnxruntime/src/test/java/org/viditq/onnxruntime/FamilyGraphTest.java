package org.viditq.onnxruntime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.NodeProto;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.InputNames;
import org.viditq.core.operators.Activation;
import org.viditq.core.operators.AttentionPrecision;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.pipeline.ModelDenoiser;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.quant.Rotation;
import org.viditq.core.quant.Rotation.Kind;
import org.viditq.core.tensor.Tensor;
import org.viditq.onnx.ActiveSetRanges;
import org.viditq.onnx.DenoiserGraph;
import org.viditq.onnx.FloatFormat;
import org.viditq.onnx.OnnxOptions;
import org.viditq.onnx.OnnxOptions.AttentionForm;
import org.viditq.reference.ReferenceOperators;
import org.viditq.verify.family.FamilyCase;
import org.viditq.verify.family.FamilyCase.Scheme;

/**
 * The plugin graphs of all families, whole, in ONNX Runtime with our operator libraries: every code
 * and every integer sum of every quantized layer is the reference's, and so is the prediction.
 * (Full-precision ones have no node of ours: {@code OpenGraphTest} holds them to the golden cases.)
 */
class FamilyGraphTest {
  private static final Path FIXTURES = Path.of("..", "..", "tests", "fixtures");
  private static final int EARLY = 200;
  private static final int LATE = 800;

  private final ReferenceOperators reference = new ReferenceOperators(1, 0);

  @AfterEach
  void close() {
    reference.close();
  }

  private static Stream<Scheme> quantized() {
    return Stream.of(Scheme.W8A8, Scheme.W8A8_ATTENTION, Scheme.W6A6, Scheme.W4A8_TWO_RANGES);
  }

  /** All cases but the one whose graph is another network: see fewestRecordedFrames. */
  static Stream<Arguments> onNativeKernels() {
    return FamilyCase.files(FIXTURES).stream()
        .filter(file -> !file.getFileName().toString().startsWith("model.latte__single_frame"))
        .flatMap(file -> quantized().map(scheme -> Arguments.of(file, scheme)));
  }

  @ParameterizedTest
  @MethodSource
  void onNativeKernels(Path file, Scheme scheme) throws Exception {
    try (FamilyCase family = FamilyCase.open(file, scheme)) {
      check(OperatorLibrary.NATIVE, family, scheme, family::input);
    }
  }

  /** A case of each family, of Latte both layouts, with few tokens: emulation takes its time. */
  static Stream<Arguments> onEmulatedKernels() {
    return Stream.of(
            "dit__learned_sigma",
            "hunyuan_dit__v11_4layers",
            "latte__video",
            "latte_original__class_conditional",
            "pixart_alpha__plain",
            "pixart_sigma__interp2_nonsquare",
            "stdit__base_fused_qkv")
        .map(name -> FIXTURES.resolve("model." + name + ".safetensors"))
        .flatMap(file -> quantized().map(scheme -> Arguments.of(file, scheme)));
  }

  @ParameterizedTest
  @MethodSource
  @Tag("slow")
  void onEmulatedKernels(Path file, Scheme scheme) throws Exception {
    try (FamilyCase family = FamilyCase.open(file, scheme)) {
      check(OperatorLibrary.EMULATED, family, scheme, family::smallInput);
    }
  }

  /**
   * Rotated layers, and those whose ranges share weights, in families of other widths; nothing in
   * them depends on the family.
   */
  static Stream<Arguments> otherSchemes() {
    return Stream.of("dit__learned_sigma", "pixart_alpha__plain")
        .map(name -> FIXTURES.resolve("model." + name + ".safetensors"))
        .flatMap(
            file ->
                Stream.of(Scheme.W4A8_ROTATED, Scheme.W8A8_CONVROT, Scheme.W4A8_SHARED)
                    .map(scheme -> Arguments.of(file, scheme)));
  }

  @ParameterizedTest
  @MethodSource("otherSchemes")
  void otherSchemesOnNativeKernels(Path file, Scheme scheme) throws Exception {
    try (FamilyCase family = FamilyCase.open(file, scheme)) {
      check(OperatorLibrary.NATIVE, family, scheme, family::input);
    }
  }

  @ParameterizedTest
  @MethodSource("otherSchemes")
  @Tag("slow")
  void otherSchemesOnEmulatedKernels(Path file, Scheme scheme) throws Exception {
    try (FamilyCase family = FamilyCase.open(file, scheme)) {
      check(OperatorLibrary.EMULATED, family, scheme, family::smallInput);
    }
  }

  private interface Inputs {
    DenoiserInput at(double timestep);
  }

  private void check(OperatorLibrary library, FamilyCase family, Scheme scheme, Inputs inputs)
      throws Exception {
    GraphProbe probe =
        new GraphProbe(
            DenoiserGraph.recordOpen(
                    family.model(),
                    family.parameters(),
                    OnnxOptions.plugin(FloatFormat.FP32, AttentionForm.STANDARD),
                    OptionalDouble.empty())
                .toBytes());
    assertThat(probe.products()).hasSameSizeAs(family.layers().keySet());
    assertThat(probe.attentions().isEmpty()).isEqualTo(scheme != Scheme.W8A8_ATTENTION);
    try (NodeSession session = new NodeSession(library, probe.toBytes(), Map.of())) {
      for (int set = 0; set < scheme.ranges(); set++) {
        DenoiserInput input = inputs.at(set == 0 ? EARLY : LATE);
        Map<String, Operand> outputs = session.run(operands(input, family, set));
        for (NodeProto quantizer : probe.quantizers()) {
          requireTokens(quantizer, outputs, probe, set);
        }
        for (NodeProto product : probe.products()) {
          requireSums(product, outputs, family, probe, set);
        }
        for (NodeProto attention : probe.attentions()) {
          requireAttention(attention, outputs);
        }
        Tensor expected = predict(family, input);
        Operand prediction = outputs.get(InputNames.PREDICTION);
        assertThat(error(prediction.floats(), expected))
            .as("weight set %d", set)
            .isLessThan(bound(scheme));
        if (scheme.ranges() > 1 && library == OperatorLibrary.NATIVE) {
          Operand other = session.run(operands(input, family, 1 - set)).get(InputNames.PREDICTION);
          assertThat(error(other.floats(), expected))
              .as("the weight set of the other timesteps")
              .isGreaterThan(2 * bound(scheme));
        }
      }
    }
  }

  /**
   * What the golden cases of quantized models allow, as a part of the prediction's length: one
   * activation that crosses the border between two codes, behind a sum in another order, moves what
   * comes behind it.
   */
  private static double bound(Scheme scheme) {
    return scheme == Scheme.W6A6 ? 0.031 : 0.0108;
  }

  private static Map<String, Operand> operands(DenoiserInput input, FamilyCase family, int set) {
    Map<String, Operand> operands = new HashMap<>();
    input.tensors().forEach((name, tensor) -> operands.put(name, Operand.floats(tensor)));
    if (family.layers().values().iterator().next().sets().size() > 1) {
      operands.put(ActiveSetRanges.INPUT, Operand.activeSet(set));
    }
    return operands;
  }

  /** Of the node's own inputs, within the rounding of what lies behind its integers. */
  private void requireAttention(NodeProto attention, Map<String, Operand> outputs) {
    List<Tensor> inputs = new ArrayList<>();
    for (int i = 0; i < attention.getInputCount(); i++) {
      inputs.add(outputs.get(GraphProbe.input(attention, i)).tensor());
    }
    Tensor expected =
        reference.attention(
            inputs.get(0),
            inputs.get(1),
            inputs.get(2),
            GraphProbe.integer(attention, "heads"),
            GraphProbe.real(attention, "scale"),
            inputs.size() > 3 ? Optional.of(inputs.get(3)) : Optional.empty(),
            AttentionPrecision.INT8);
    float largest = 0;
    for (float value : inputs.get(2).data()) {
      largest = Math.max(largest, Math.abs(value));
    }
    float[] attended = outputs.get(GraphProbe.attended(attention)).floats();
    assertThat(attended).containsExactly(expected.data(), within(4e-6f * largest));
  }

  /** Of pure quantizers to the bit; of the others up to values that lie between two codes. */
  private void requireTokens(
      NodeProto quantizer, Map<String, Operand> outputs, GraphProbe probe, int set) {
    List<Tensor> inputs = new ArrayList<>();
    for (int i = 0; outputs.containsKey(GraphProbe.input(quantizer, i)); i++) {
      inputs.add(outputs.get(GraphProbe.input(quantizer, i)).tensor());
    }
    Map<String, Operand> tokens = new HashMap<>();
    for (int i = 0; i < TokenAssertions.OUTPUTS.size(); i++) {
      tokens.put(TokenAssertions.OUTPUTS.get(i), outputs.get(GraphProbe.tokens(quantizer, i)));
    }
    int bits = GraphProbe.integer(quantizer, "bits");
    IntegerFormat format =
        GraphProbe.integer(quantizer, "symmetric") == 1
            ? IntegerFormat.symmetric(bits)
            : IntegerFormat.asymmetric(bits);
    switch (quantizer.getOpType()) {
      case "ViditqQuantize" ->
          TokenAssertions.assertSame(
              reference, tokens, format, balanced(inputs.get(0), quantizer, probe, set));
      case "ViditqHadamardQuantize" -> {
        Tensor given = balanced(inputs.get(0), quantizer, probe, set);
        Tensor values = Tensor.of(given.shape(), given.data().clone());
        rotation(quantizer).rotateBlocks(values.data());
        TokenAssertions.assertSame(reference, tokens, format, values);
      }
      case "ViditqGeluQuantize" -> {
        Tensor values = reference.activate(inputs.get(0), Activation.GELU_TANH);
        TokenAssertions.assertNear(
            reference, tokens, format, balanced(values, quantizer, probe, set));
      }
      default -> {
        Tensor values =
            reference.layerNormModulate(
                inputs.get(0),
                perSample(inputs.get(1)),
                perSample(inputs.get(2)),
                GraphProbe.real(quantizer, "epsilon"));
        TokenAssertions.assertNear(
            reference, tokens, format, balanced(values, quantizer, probe, set));
      }
    }
  }

  /** Its signs are in the balance. */
  private static Rotation rotation(NodeProto quantizer) {
    return new Rotation(
        GraphProbe.integer(quantizer, "regular") == 1 ? Kind.REGULAR : Kind.HADAMARD,
        GraphProbe.integer(quantizer, "block"),
        OptionalLong.empty());
  }

  /** [B, 1, C]. */
  private static Tensor perSample(Tensor x) {
    return x.shape().rank() == 3 ? x : Tensor.of(x.data(), x.dim(0), 1, x.dim(-1));
  }

  private static Tensor balanced(Tensor x, NodeProto quantizer, GraphProbe probe, int set) {
    if (GraphProbe.integer(quantizer, "has_balance") == 0) {
      return x;
    }
    int at =
        switch (quantizer.getOpType()) {
          case "ViditqNormModulateQuantize" -> 3;
          case "ViditqHadamardQuantize" -> 1 + GraphProbe.integer(quantizer, "has_matrix");
          default -> 1;
        };
    float[] balance = probe.row(quantizer.getInput(at), set);
    Tensor result = Tensor.zeros(x.shape().toArray());
    for (int i = 0; i < x.size(); i++) {
      result.data()[i] = x.data()[i] / balance[i % balance.length];
    }
    return result;
  }

  /** Of the node's own codes with the layer's weights, each exact. */
  private void requireSums(
      NodeProto product,
      Map<String, Operand> outputs,
      FamilyCase family,
      GraphProbe probe,
      int set) {
    String layer = product.getName().substring(0, product.getName().indexOf('/'));
    WeightSet weights = family.layers().get(layer).sets().get(set);
    QuantizedWeight weight = weights.weight();
    NodeProto quantizer =
        probe.quantizers().stream()
            .filter(node -> node.getOutput(0).equals(product.getInput(0)))
            .findFirst()
            .orElseThrow();
    int inner = weight.codes().columns();
    int channels = weight.codes().rows();
    byte[] codes =
        TokenAssertions.withoutPadding(outputs.get(GraphProbe.tokens(quantizer, 0)), inner);
    int[] zeroPoints = outputs.get(GraphProbe.tokens(quantizer, 2)).ints();
    IntegerFormat tokens = weights.activation().format();
    IntegerFormat format = weight.grid().format();
    float[] sums = outputs.get(GraphProbe.sums(product)).floats();
    assertThat(sums).hasSize(zeroPoints.length * channels);
    byte[] row = new byte[inner];
    for (int n = 0; n < channels; n++) {
      weight.codes().copyRow(n, row, 0);
      for (int m = 0; m < zeroPoints.length; m++) {
        long sum = 0;
        for (int k = 0; k < inner; k++) {
          sum +=
              (long) (tokens.code(codes[m * inner + k]) - zeroPoints[m])
                  * (format.code(row[k]) - weight.grid().zeroPoint()[n]);
        }
        assertThat(Math.abs(sum)).isLessThan(1 << 24);
        if (sums[m * channels + n] != sum) {
          throw new AssertionError(
              layer
                  + ": row "
                  + m
                  + ", channel "
                  + n
                  + " is "
                  + sums[m * channels + n]
                  + ", not "
                  + sum);
        }
      }
    }
  }

  private Tensor predict(FamilyCase family, DenoiserInput input) {
    try (ModelDenoiser<Tensor> denoiser =
        new ModelDenoiser<>(family.model(), family.parameters(), reference, () -> {})) {
      return denoiser.predict(input);
    }
  }

  /** Relative to the expected values' length. */
  private static double error(float[] got, Tensor expected) {
    assertThat(got).hasSize(expected.size());
    double difference = 0;
    double length = 0;
    for (int i = 0; i < got.length; i++) {
      difference += Math.pow(got[i] - expected.data()[i], 2);
      length += Math.pow(expected.data()[i], 2);
    }
    return Math.sqrt(difference / length);
  }
}
