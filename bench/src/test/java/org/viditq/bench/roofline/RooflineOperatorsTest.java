package org.viditq.bench.roofline;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.viditq.bench.roofline.RooflineProfile.Entry;
import org.viditq.core.model.LinearLayer;
import org.viditq.core.operators.Activation;
import org.viditq.core.operators.AttentionPrecision;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.LinearInput;
import org.viditq.core.operators.LinearParameters;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.Precision;
import org.viditq.cpp.InstructionSet;
import org.viditq.cpp.NativeOperators;
import org.viditq.cpp.NativeTensor;

/** Calls on the native backend, whose results and work are known. */
class RooflineOperatorsTest {
  private static final int C = 8;
  private static final int HIDDEN = 16;
  private static final int TOKENS = 6;
  private static final int BATCH = 2;
  private static final long ROWS = BATCH * TOKENS;
  private static final float EPS = 1e-6f;

  private static final List<LinearLayer> LAYERS =
      List.of(
          LinearLayer.inBlock("blocks.1.attn.qkv", LinearLayer.Type.TEMPORAL_ATTENTION, C, 3 * C),
          LinearLayer.inBlock("blocks.1.mlp.fc1", LinearLayer.Type.FEED_FORWARD, C, HIDDEN),
          LinearLayer.inBlock("blocks.1.mlp.fc2", LinearLayer.Type.FEED_FORWARD, HIDDEN, C));

  private final RooflineProfile profile = new RooflineProfile();

  /** What is counted of a call, whose result is that of the backend to the bit. */
  private Map<String, Entry> counted(
      Precision precision, Function<Operators<NativeTensor>, NativeTensor> call) {
    try (NativeOperators plain = new NativeOperators(1, InstructionSet.choose(), Precision.FP32);
        NativeOperators inner = new NativeOperators(1, InstructionSet.choose(), Precision.FP32)) {
      RooflineOperators<NativeTensor> operators =
          new RooflineOperators<>(inner, precision, LAYERS, profile);
      operators.selectTimestep(500);
      assertThat(operators.read(call.apply(operators)).data())
          .containsExactly(plain.read(call.apply(plain)).data());
      return profile.entries().stream()
          .collect(Collectors.toMap(entry -> entry.kind().operator(), Function.identity()));
    }
  }

  private static NativeTensor value(Operators<NativeTensor> operators, long seed, int... dims) {
    return operators.constant(Layers.normal(seed, dims));
  }

  private static NativeTensor feedForward(
      Operators<NativeTensor> operators, BiFunction<String, int[], LinearParameters> layer) {
    Linear up = operators.prepare(layer.apply("blocks.1.mlp.fc1", new int[] {C, HIDDEN}));
    Linear down = operators.prepare(layer.apply("blocks.1.mlp.fc2", new int[] {HIDDEN, C}));
    NativeTensor x = value(operators, 1, BATCH, TOKENS, C);
    NativeTensor shift = value(operators, 2, BATCH, 1, C);
    NativeTensor scale = value(operators, 3, BATCH, 1, C);
    NativeTensor gate = value(operators, 4, BATCH, 1, C);
    return operators.feedForward(
        LinearInput.modulated(x, shift, scale, EPS),
        up,
        Activation.GELU_TANH,
        down,
        Epilogue.gatedResidual(gate, x));
  }

  @Test
  void aQuantizedFeedForwardIsOneCall() {
    Map<String, Entry> counted =
        counted(
            Precision.FP32,
            operators ->
                feedForward(
                    operators, (name, size) -> Layers.quantized(name, size[0], size[1], 4)));
    Entry entry = counted.get("feed forward: fc1 fc2, int4");
    assertThat(entry.kind().with())
        .containsExactly("norm", "quantization", "GELU", "gate", "residual");
    assertThat(entry.calls()).isEqualTo(1);
    assertThat(entry.nanos()).isPositive();
    long norm = 7 * ROWS * C;
    long quantization = 5 * ROWS * (C + HIDDEN);
    long results = 5 * ROWS * (C + HIDDEN); // to float32, bias
    long epilogues = 9 * ROWS * HIDDEN + 2 * ROWS * C;
    long values = ROWS * C * 3 + BATCH * C * 3 + C + HIDDEN; // x twice, result; vectors; biases
    assertThat(entry.work())
        .isEqualTo(
            new Work(
                2 * 2 * ROWS * C * HIDDEN,
                0,
                norm + quantization + results + epilogues,
                4 * values + 2 * C * HIDDEN / 2));
    assertThat(counted).doesNotContainKey("layer norm, modulation");
  }

  @Test
  void whatIsComputedStepByStepIsToldSo() {
    Map<String, Entry> counted =
        counted(
            Precision.FP32,
            operators ->
                feedForward(operators, (name, size) -> Layers.dense(name, size[0], size[1])));
    assertThat(counted.get("layer norm, modulation").work())
        .isEqualTo(new Work(0, 0, 7 * ROWS * C, 4 * (2 * ROWS * C + 2 * BATCH * C)));
    assertThat(counted.get("feed forward: fc1, fp32").kind().with()).containsExactly("GELU");
    assertThat(counted.get("feed forward: fc1, fp32").work())
        .isEqualTo(
            new Work(
                0,
                0,
                2 * ROWS * C * HIDDEN + (1 + 9) * ROWS * HIDDEN,
                4 * (ROWS * C + C * HIDDEN + HIDDEN + ROWS * HIDDEN)));
    assertThat(counted.get("feed forward: fc2, fp32").kind().with())
        .containsExactly("gate", "residual");
    assertThat(counted).containsKeys("constant", "read");
  }

  @Test
  void attentionIsCutIntoItsProjectionsAndProducts() {
    int sequences = 3;
    Map<String, Entry> counted =
        counted(
            Precision.FP32,
            operators -> {
              Linear qkv = operators.prepare(Layers.quantized("blocks.1.attn.qkv", C, 3 * C, 8));
              LinearInput<NativeTensor> x =
                  LinearInput.of(value(operators, 1, BATCH, TOKENS, C)).inSequences(sequences);
              return operators.selfAttention(x, List.of(qkv), 2, 0.5f, AttentionPrecision.FP32);
            });
    assertThat(counted.get("temporal attention: qkv, int8").work().int8())
        .isEqualTo(2 * ROWS * C * 3 * C);
    int tokens = TOKENS / sequences;
    long scores = 2L * BATCH * sequences * tokens * tokens;
    Entry products = counted.get("temporal attention: scores and values, fp32");
    assertThat(products.kind().with()).containsExactly("softmax");
    assertThat(products.work())
        .isEqualTo(new Work(0, 0, 2 * scores * (4 + 4) + 5 * scores + ROWS * C, 4 * 4 * ROWS * C));
    assertThat(counted.get("slice").work()).isEqualTo(new Work(0, 0, 0, 3 * 2 * 4 * ROWS * C));
  }

  @Test
  void queriesOfPackedTextSeeTheKeysOfTheirSample() {
    Map<String, Entry> counted =
        counted(
            Precision.FP32,
            operators ->
                operators.attentionPacked(
                    value(operators, 1, BATCH, TOKENS, C),
                    value(operators, 2, 1, 7, C),
                    value(operators, 3, 1, 7, C),
                    2,
                    0.5f,
                    new int[] {3, 4},
                    AttentionPrecision.INT8));
    long scores = 2 * TOKENS * (3 + 4);
    assertThat(counted.get("scores and values, int8").work())
        .isEqualTo(
            new Work(
                2 * scores * (4 + 4), 0, 6 * scores + ROWS * C, 4 * (2 * ROWS * C + 2 * 7 * C)));
  }

  @Test
  void everythingElseIsCountedByItsValues() {
    Map<String, Entry> counted =
        counted(
            Precision.FP32,
            operators -> {
              NativeTensor x = value(operators, 1, BATCH, TOKENS, C);
              NativeTensor row = value(operators, 2, 1, 1, C);
              NativeTensor sum = operators.add(x, row);
              NativeTensor moved = operators.permute(sum, 1, 0, 2);
              return operators.reshape(operators.activate(moved, Activation.SILU), (int) ROWS, C);
            });
    assertThat(counted.get("addition").work())
        .isEqualTo(new Work(0, 0, ROWS * C, 4 * (2 * ROWS * C + C)));
    assertThat(counted.get("permute").work()).isEqualTo(new Work(0, 0, 0, 4 * 2 * ROWS * C));
    assertThat(counted.get("activation").work())
        .isEqualTo(new Work(0, 0, 4 * ROWS * C, 4 * 2 * ROWS * C));
    assertThat(counted.get("reshape").work()).isEqualTo(Work.NONE);
    assertThat(counted.get("constant").calls()).isEqualTo(2);
    assertThat(counted.get("constant").work()).isEqualTo(new Work(0, 0, 0, 4 * 2 * (ROWS * C + C)));
  }
}
