package org.viditq.cpp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.error.ShapeException;
import org.viditq.core.operators.Activation;
import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.LinearInput;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.ActivationQuantization;
import org.viditq.core.quant.ActivationQuantization.DynamicToken;
import org.viditq.core.quant.ActivationQuantization.DynamicTokenShared;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.quant.TimestepRange;
import org.viditq.core.tensor.Tensor;

/** Operators that quantize on the way give to the bit what they are composed of. */
class FusedLayersTest {
  private static final float EPS = 1e-6f;

  private static Tensor random(long seed, int... dims) {
    Random random = new Random(seed);
    Tensor tensor = Tensor.zeros(dims);
    for (int i = 0; i < tensor.size(); i++) {
      tensor.data()[i] = (float) random.nextGaussian();
    }
    return tensor;
  }

  private static float[] balance(long seed, int channels) {
    float[] s = random(seed, channels).data();
    for (int c = 0; c < channels; c++) {
      s[c] = (float) Math.exp(s[c]);
    }
    return s;
  }

  private static Linear dense(NativeOperators operators, String name, int in, int out) {
    return operators.prepare(
        new DenseLinearParameters(
            name,
            MemoryTensor.of(name + ".weight", random(in, out, in)),
            Optional.of(random(out, out))));
  }

  private static Linear quantized(
      NativeOperators operators,
      String name,
      int in,
      int out,
      Optional<float[]> balance,
      ActivationQuantization scheme) {
    byte[] codes = new byte[out * in];
    new Random(name.hashCode()).nextBytes(codes);
    float[] scale = new float[out];
    int[] zeroPoint = new int[out];
    for (int n = 0; n < out; n++) {
      scale[n] = 0.001f * (1 + n % 10);
      zeroPoint[n] = 128 - n % 7;
    }
    QuantizedWeight weight =
        new QuantizedWeight(
            new ByteCodes(out, in, codes),
            new AffineGrid(IntegerFormat.asymmetric(8), scale, zeroPoint));
    return operators.prepare(
        new QuantizedLinearParameters(
            name,
            List.of(new WeightSet(TimestepRange.ALL, weight, balance, scheme)),
            Optional.of(random(out, out))));
  }

  private static DynamicToken tokens(int bits, boolean symmetric) {
    return new DynamicToken(new IntegerFormat(bits, symmetric));
  }

  private static LinearInput<NativeTensor> modulated(
      NativeOperators operators, int batch, int tokens, int channels) {
    return LinearInput.modulated(
        operators.constant(random(1, batch, tokens, channels)),
        operators.constant(random(2, batch, 1, channels)),
        operators.constant(random(3, 1, 1, channels)),
        EPS);
  }

  static Stream<Arguments> everywhere() {
    return InstructionSet.supported().stream()
        .flatMap(isa -> IntStream.rangeClosed(1, 3).mapToObj(n -> Arguments.of(isa, n)));
  }

  private static void assertSame(NativeTensor actual, NativeTensor expected) {
    assertThat(actual.shape()).isEqualTo(expected.shape());
    assertThat(actual.read().data()).isEqualTo(expected.read().data());
  }

  @ParameterizedTest
  @MethodSource("everywhere")
  void modulatedInputsAreThoseOfTheirOperators(InstructionSet isa, int threads) {
    try (NativeOperators operators = new NativeOperators(threads, isa)) {
      int[][] shapes = {{1, 1, 1}, {1, 3, 17}, {2, 35, 64}, {1, 9, 257}};
      for (int[] s : shapes) {
        int in = s[2];
        Optional<float[]> balance = Optional.of(balance(4, in));
        List<Linear> layers =
            List.of(
                quantized(operators, "q", in, 5, Optional.empty(), tokens(8, false)),
                quantized(operators, "k", in, 33, Optional.empty(), tokens(8, false)),
                quantized(operators, "v", in, 5, balance, tokens(8, false)),
                quantized(operators, "w", in, 5, balance, tokens(4, true)),
                dense(operators, "full", in, 7),
                quantized(
                    operators,
                    "shared",
                    in,
                    5,
                    balance,
                    new DynamicTokenShared(IntegerFormat.asymmetric(8))));
        LinearInput<NativeTensor> input = modulated(operators, s[0], s[1], in);
        NativeTensor value = input.value(operators);
        List<NativeTensor> together = operators.linears(input, layers);
        for (int i = 0; i < layers.size(); i++) {
          NativeTensor expected = operators.linear(value, layers.get(i), Epilogue.none());
          assertSame(together.get(i), expected);
          assertSame(operators.linear(input, layers.get(i), Epilogue.none()), expected);
        }
      }
    }
  }

  /** Every way in which two layers can follow each other. */
  private static List<List<Linear>> pairs(NativeOperators operators, int in, int hidden, int out) {
    Optional<float[]> balance = Optional.of(balance(5, hidden));
    List<Linear> ups =
        List.of(
            quantized(operators, "up", in, hidden, Optional.empty(), tokens(8, false)),
            quantized(
                operators, "balanced up", in, hidden, Optional.of(balance(6, in)), tokens(6, true)),
            dense(operators, "full up", in, hidden));
    List<Linear> downs =
        List.of(
            quantized(operators, "down", hidden, out, Optional.empty(), tokens(8, false)),
            quantized(operators, "balanced down", hidden, out, balance, tokens(8, true)),
            quantized(operators, "coarse down", hidden, out, balance, tokens(4, false)),
            quantized(
                operators,
                "shared down",
                hidden,
                out,
                balance,
                new DynamicTokenShared(IntegerFormat.asymmetric(8))),
            dense(operators, "full down", hidden, out));
    List<List<Linear>> pairs = new ArrayList<>();
    ups.forEach(up -> downs.forEach(down -> pairs.add(List.of(up, down))));
    return pairs;
  }

  @ParameterizedTest
  @MethodSource("everywhere")
  void feedForwardIsTwoLayers(InstructionSet isa, int threads) {
    try (NativeOperators operators = new NativeOperators(threads, isa)) {
      int[][] shapes = {
        {1, 1, 1, 1, 1},
        {2, 37, 20, 131, 9},
        {1, 67, 96, 50, 33},
        {1, 3, 5, 1031, 2},
        {5, 450, 3, 33, 4} // more rows than are computed together
      };
      for (int[] s : shapes) {
        List<List<Linear>> pairs = pairs(operators, s[2], s[3], s[4]);
        for (int gates : new int[] {s[0], 1}) {
          NativeTensor gate = operators.constant(random(7, gates, 1, s[4]));
          NativeTensor residual = operators.constant(random(8, s[0], s[1], s[4]));
          Epilogue<NativeTensor> epilogue = Epilogue.gatedResidual(gate, residual);
          LinearInput<NativeTensor> modulated = modulated(operators, s[0], s[1], s[2]);
          NativeTensor x = modulated.value(operators);
          for (Activation activation : List.of(Activation.GELU_TANH, Activation.RELU)) {
            for (List<Linear> pair : pairs) {
              Linear up = pair.get(0);
              Linear down = pair.get(1);
              NativeTensor hidden = operators.linear(x, up, Epilogue.activation(activation));
              NativeTensor expected = operators.linear(hidden, down, epilogue);
              assertSame(
                  operators.feedForward(modulated, up, activation, down, epilogue), expected);
              assertSame(
                  operators.feedForward(LinearInput.of(x), up, activation, down, epilogue),
                  expected);
            }
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("everywhere")
  void selfAttentionIsProjectionsAndAttention(InstructionSet isa, int threads) {
    try (NativeOperators operators = new NativeOperators(threads, isa)) {
      // The last two have more rows than are computed together.
      int[][] shapes = {{1, 1, 1, 1, 1}, {2, 37, 20, 8, 5}, {5, 450, 9, 4, 4}, {3, 1700, 5, 2, 2}};
      for (int[] s : shapes) {
        int in = s[2];
        int heads = 2;
        Optional<float[]> balance = Optional.of(balance(4, in));
        Linear q = quantized(operators, "q", in, heads * s[3], balance, tokens(8, false));
        Linear k = quantized(operators, "k", in, heads * s[3], balance, tokens(8, false));
        Linear v = quantized(operators, "v", in, heads * s[4], balance, tokens(8, false));
        Linear other = quantized(operators, "o", in, heads * s[4], balance, tokens(6, true));
        Linear full = dense(operators, "full", in, heads * s[4]);
        LinearInput<NativeTensor> input = modulated(operators, s[0], s[1], in);
        for (Linear values : List.of(v, other, full)) {
          List<Linear> projections = List.of(q, k, values);
          List<NativeTensor> qkv = operators.linears(input, projections);
          NativeTensor expected =
              operators.attention(
                  qkv.get(0), qkv.get(1), qkv.get(2), heads, 0.7f, Optional.empty());
          assertSame(operators.selfAttention(input, projections, heads, 0.7f), expected);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("everywhere")
  void selfAttentionStaysWithinSequences(InstructionSet isa, int threads) {
    try (NativeOperators operators = new NativeOperators(threads, isa)) {
      // Batch, sequences, tokens of a sequence, input and head channels; of the last ones, some are
      // computed after others.
      int[][] shapes = {
        {1, 1, 5, 7, 3}, {2, 3, 4, 20, 8}, {1, 5, 1, 6, 4}, {2, 700, 2, 9, 4}, {1, 2, 1700, 5, 2}
      };
      for (int[] s : shapes) {
        int in = s[3];
        int heads = 2;
        int out = heads * s[4];
        Optional<float[]> balance = Optional.of(balance(4, in));
        List<List<Linear>> choices =
            List.of(
                List.of(
                    quantized(operators, "q", in, out, balance, tokens(8, false)),
                    quantized(operators, "k", in, out, balance, tokens(8, false)),
                    quantized(operators, "v", in, out, balance, tokens(8, false))),
                List.of(quantized(operators, "qkv", in, 3 * out, balance, tokens(8, false))),
                List.of(
                    quantized(
                        operators,
                        "shared qkv",
                        in,
                        3 * out,
                        balance,
                        new DynamicTokenShared(IntegerFormat.asymmetric(8)))),
                List.of(dense(operators, "full", in, 3 * out)));
        LinearInput<NativeTensor> input =
            modulated(operators, s[0], s[1] * s[2], in).inSequences(s[1]);
        for (List<Linear> projections : choices) {
          assertSame(
              operators.selfAttention(input, projections, heads, 0.7f),
              sequenceBySequence(operators, input, projections, heads));
        }
      }
    }
  }

  /** With each sequence as a sample of its own. */
  private static NativeTensor sequenceBySequence(
      NativeOperators operators,
      LinearInput<NativeTensor> input,
      List<Linear> projections,
      int heads) {
    NativeTensor all = operators.concat(operators.linears(input, projections), 2);
    int batch = all.shape().dim(0);
    int tokens = all.shape().dim(1);
    int channels = all.shape().dim(2) / 3;
    NativeTensor divided =
        operators.reshape(all, batch * input.sequences(), tokens / input.sequences(), 3 * channels);
    NativeTensor attended =
        operators.attention(
            operators.slice(divided, 2, 0, channels),
            operators.slice(divided, 2, channels, 2 * channels),
            operators.slice(divided, 2, 2 * channels, 3 * channels),
            heads,
            0.7f,
            Optional.empty());
    return operators.reshape(attended, batch, tokens, channels);
  }

  @Test
  void nonFiniteInputsNameTheLayerThatTheyReach() {
    try (NativeOperators operators = new NativeOperators(2, InstructionSet.choose())) {
      Linear up = quantized(operators, "blocks.3.up", 6, 9, Optional.empty(), tokens(8, false));
      Linear down = quantized(operators, "blocks.3.down", 9, 4, Optional.empty(), tokens(8, false));
      Linear full = dense(operators, "full", 6, 9);
      for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
        Tensor values = random(1, 1, 40, 6);
        values.data()[123] = bad;
        NativeTensor x = operators.constant(values);
        NativeTensor one = operators.constant(random(2, 1, 1, 6));
        LinearInput<NativeTensor> input = LinearInput.modulated(x, one, one, EPS);
        assertThatThrownBy(() -> operators.linears(input, List.of(full, up)))
            .isInstanceOf(NonFiniteException.class)
            .hasMessageContaining("blocks.3.up");
        for (LinearInput<NativeTensor> either : List.of(input, LinearInput.of(x))) {
          assertThatThrownBy(
                  () ->
                      operators.feedForward(
                          either, up, Activation.GELU_TANH, down, Epilogue.none()))
              .isInstanceOf(NonFiniteException.class)
              .hasMessageContaining("blocks.3.up");
          assertThatThrownBy(
                  () ->
                      operators.feedForward(
                          either, full, Activation.GELU_TANH, down, Epilogue.none()))
              .isInstanceOf(NonFiniteException.class)
              .hasMessageContaining("blocks.3.down");
        }
      }
      // Finite codes, but a product beyond float32.
      Linear huge =
          operators.prepare(
              new QuantizedLinearParameters(
                  "huge",
                  ((QuantizedLinearParameters) up.parameters()).sets(),
                  Optional.of(Tensor.of(new float[] {1, 1, 1, 1, 1, 1, 1, 3e38f, -3e38f}, 9))));
      LinearInput<NativeTensor> ordinary = LinearInput.of(operators.constant(random(1, 1, 40, 6)));
      assertThatThrownBy(
              () -> operators.feedForward(ordinary, huge, Activation.NONE, down, Epilogue.none()))
          .isInstanceOf(NonFiniteException.class)
          .hasMessageContaining("blocks.3.down");
    }
  }

  @Test
  void operandsThatDoNotFitAreRefused() {
    try (NativeOperators operators = new NativeOperators(1, InstructionSet.choose())) {
      Linear up = quantized(operators, "up", 6, 9, Optional.empty(), tokens(8, false));
      Linear down = quantized(operators, "down", 8, 4, Optional.empty(), tokens(8, false));
      NativeTensor x = operators.constant(random(1, 1, 4, 6));
      NativeTensor narrow = operators.constant(random(2, 1, 1, 5));
      assertThatThrownBy(
              () -> operators.linears(LinearInput.modulated(x, narrow, narrow, EPS), List.of(up)))
          .isInstanceOf(ShapeException.class)
          .hasMessageContaining("layerNormModulate");
      assertThatThrownBy(
              () ->
                  operators.feedForward(
                      LinearInput.of(x), up, Activation.RELU, down, Epilogue.none()))
          .isInstanceOf(ShapeException.class)
          .hasMessageContaining("down");
      assertThatThrownBy(
              () ->
                  operators.feedForward(
                      LinearInput.of(narrow), up, Activation.RELU, down, Epilogue.none()))
          .isInstanceOf(ShapeException.class)
          .hasMessageContaining("up");
      LinearInput<NativeTensor> input = LinearInput.of(x);
      Linear wide = quantized(operators, "wide", 6, 12, Optional.empty(), tokens(8, false));
      assertThatThrownBy(() -> operators.selfAttention(input, List.of(up, up), 3, 1))
          .isInstanceOf(ShapeException.class)
          .hasMessageContaining("not 2");
      assertThatThrownBy(() -> operators.selfAttention(input, List.of(up, wide, up), 3, 1))
          .isInstanceOf(ShapeException.class)
          .hasMessageContaining("attention");
      assertThatThrownBy(() -> operators.selfAttention(input, List.of(up, up, up), 2, 1))
          .isInstanceOf(ShapeException.class)
          .hasMessageContaining("attention");
      assertThatThrownBy(
              () -> operators.selfAttention(LinearInput.of(narrow), List.of(up, up, up), 3, 1))
          .isInstanceOf(ShapeException.class)
          .hasMessageContaining("up");
      Linear fused = quantized(operators, "fused", 6, 10, Optional.empty(), tokens(8, false));
      for (Linear either : List.of(fused, dense(operators, "fused", 6, 10))) {
        assertThatThrownBy(() -> operators.selfAttention(input, List.of(either), 3, 1))
            .isInstanceOf(ShapeException.class)
            .hasMessageContaining("fused");
      }
      for (int sequences : new int[] {3, 5, 8, 0, -1}) {
        for (Linear either : List.of(up, dense(operators, "full", 6, 9))) {
          assertThatThrownBy(
                  () ->
                      operators.selfAttention(
                          input.inSequences(sequences), List.of(either, either, either), 3, 1))
              .isInstanceOf(ShapeException.class)
              .hasMessageContaining(sequences + " sequences");
        }
      }
    }
  }
}
