package org.viditq.cpp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.error.BackendException;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.operators.Activation;
import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.LinearParameters;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.ActivationQuantization;
import org.viditq.core.quant.ActivationQuantization.DynamicToken;
import org.viditq.core.quant.ActivationQuantization.DynamicTokenShared;
import org.viditq.core.quant.ActivationQuantization.StaticTensor;
import org.viditq.core.quant.ActivationQuantization.StaticToken;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.quant.SmallScaleRule;
import org.viditq.core.quant.TimestepRange;
import org.viditq.core.tensor.Tensor;
import org.viditq.reference.ReferenceOperators;

/** What the parity table of tests/ does not look at: threads, instruction sets, errors, sharing. */
class NativeOperatorsTest {
  private static final int IN = 96;
  private static final int OUT = 33;
  private static final IntegerFormat FORMAT = IntegerFormat.asymmetric(8);

  private static Tensor random(long seed, int... dims) {
    Random random = new Random(seed);
    Tensor tensor = Tensor.zeros(dims);
    for (int i = 0; i < tensor.size(); i++) {
      tensor.data()[i] = (float) random.nextGaussian();
    }
    return tensor;
  }

  private static LinearParameters dense() {
    return new DenseLinearParameters(
        "dense", MemoryTensor.of("w", random(1, OUT, IN)), Optional.of(random(2, OUT)));
  }

  private static LinearParameters quantized(
      long seed, Optional<float[]> balance, ActivationQuantization activation) {
    byte[] codes = new byte[OUT * IN];
    new Random(seed).nextBytes(codes);
    float[] scale = new float[OUT];
    int[] zeroPoint = new int[OUT];
    for (int n = 0; n < OUT; n++) {
      scale[n] = 0.01f * (n + 1);
      zeroPoint[n] = 5 * n;
    }
    QuantizedWeight weight =
        new QuantizedWeight(
            new ByteCodes(OUT, IN, codes), new AffineGrid(FORMAT, scale, zeroPoint));
    return new QuantizedLinearParameters(
        "blocks.3.to_q",
        List.of(new WeightSet(TimestepRange.ALL, weight, balance, activation)),
        Optional.of(random(3, OUT)));
  }

  private static float[] balance() {
    float[] s = new float[IN];
    for (int c = 0; c < IN; c++) {
      s[c] = 0.5f + c % 7;
    }
    return s;
  }

  /** Some of everything that computes with several threads. */
  private static <V> List<Tensor> compute(Operators<V> operators) {
    V x = operators.constant(random(4, 2, 150, IN));
    V residual = operators.constant(random(5, 2, 150, OUT));
    V gate = operators.constant(random(6, 2, 1, OUT));
    Linear dense = operators.prepare(dense());
    Linear plain = operators.prepare(quantized(7, Optional.empty(), new DynamicToken(FORMAT)));
    Linear balanced =
        operators.prepare(quantized(8, Optional.of(balance()), new DynamicToken(FORMAT)));
    Epilogue<V> epilogue =
        new Epilogue<>(Activation.GELU_TANH, Optional.of(gate), Optional.of(residual));
    List<V> results = new ArrayList<>();
    results.add(operators.linear(x, dense, epilogue));
    results.add(operators.linear(x, plain, epilogue));
    results.addAll(operators.linears(x, List.of(plain, balanced, dense, balanced, plain)));
    results.add(operators.attention(x, x, x, 4, 0.2f, Optional.empty()));
    results.add(operators.layerNorm(x, Optional.empty(), Optional.empty(), 1e-6f));
    results.add(operators.activate(x, Activation.SILU));
    return results.stream().map(operators::read).toList();
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void resultsDoNotDependOnThreads(int threads) {
    try (NativeOperators one = new NativeOperators(1, InstructionSet.choose());
        NativeOperators many = new NativeOperators(threads, InstructionSet.choose())) {
      List<Tensor> expected = compute(one);
      List<Tensor> actual = compute(many);
      for (int i = 0; i < expected.size(); i++) {
        assertThat(actual.get(i).data()).isEqualTo(expected.get(i).data());
      }
    }
  }

  static Stream<InstructionSet> supported() {
    return InstructionSet.supported().stream();
  }

  @ParameterizedTest
  @MethodSource("supported")
  void everyInstructionSetAgreesWithTheReference(InstructionSet isa) {
    try (NativeOperators operators = new NativeOperators(2, isa);
        ReferenceOperators reference = new ReferenceOperators(1, 1 << 20)) {
      List<Tensor> expected = compute(reference);
      List<Tensor> actual = compute(operators);
      for (int i = 0; i < expected.size(); i++) {
        assertClose(actual.get(i), expected.get(i));
      }
    }
  }

  private static void assertClose(Tensor actual, Tensor expected) {
    assertThat(actual.shape()).isEqualTo(expected.shape());
    double largest = 0;
    for (float value : expected.data()) {
      largest = Math.max(largest, Math.abs(value));
    }
    double tolerance = 2e-6 * largest;
    for (int i = 0; i < expected.size(); i++) {
      assertThat((double) actual.data()[i])
          .isBetween(expected.data()[i] - tolerance, expected.data()[i] + tolerance);
    }
  }

  static Stream<ActivationQuantization> schemes() {
    return Stream.of(
        new DynamicToken(FORMAT),
        new DynamicTokenShared(FORMAT),
        new DynamicToken(FORMAT, SmallScaleRule.ALL_GROUPS_AS_PUBLISHED),
        new DynamicTokenShared(FORMAT, SmallScaleRule.ALL_GROUPS_AS_PUBLISHED),
        new StaticTensor(new AffineGrid(FORMAT, new float[] {0.1f}, new int[] {128})),
        new StaticToken(calibrated(40)));
  }

  private static AffineGrid calibrated(int tokens) {
    float[] scale = new float[tokens];
    int[] zeroPoint = new int[tokens];
    for (int n = 0; n < tokens; n++) {
      scale[n] = 0.002f * (n + 1);
      zeroPoint[n] = 6 * n;
    }
    return new AffineGrid(FORMAT, scale, zeroPoint);
  }

  /** Weight and bias that leave Δ (q - z) as it is. */
  private static LinearParameters unit(
      Optional<float[]> balance, ActivationQuantization activation) {
    byte[] codes = new byte[IN * IN];
    float[] scale = new float[IN];
    for (int c = 0; c < IN; c++) {
      codes[c * IN + c] = 1;
      scale[c] = 1;
    }
    QuantizedWeight weight =
        new QuantizedWeight(
            new ByteCodes(IN, IN, codes), new AffineGrid(FORMAT, scale, new int[IN]));
    return new QuantizedLinearParameters(
        "unit",
        List.of(new WeightSet(TimestepRange.ALL, weight, balance, activation)),
        Optional.empty());
  }

  private static <V> Tensor quantized(
      Operators<V> operators, Tensor x, Optional<float[]> balance, ActivationQuantization scheme) {
    Linear layer = operators.prepare(unit(balance, scheme));
    return operators.read(operators.linear(operators.constant(x), layer));
  }

  @ParameterizedTest
  @MethodSource("schemes")
  void quantizedInputsEqualTheReferencesToTheBit(ActivationQuantization scheme) {
    Tensor x = random(9, 3, 40, IN);
    Arrays.fill(x.data(), 5 * IN, 6 * IN, 0f); // a dead row, shared with others by index 5
    Tensor dead = random(10, 1, 40, IN);
    Arrays.fill(dead.data(), 7 * IN, 8 * IN, 0f);
    for (Tensor input : List.of(x, dead)) {
      for (Optional<float[]> balance : List.of(Optional.<float[]>empty(), Optional.of(balance()))) {
        Tensor expected;
        try (ReferenceOperators reference = new ReferenceOperators(1, 1 << 20)) {
          expected = quantized(reference, input, balance, scheme);
        }
        for (InstructionSet isa : InstructionSet.supported()) {
          for (int threads = 1; threads <= 3; threads++) {
            try (NativeOperators operators = new NativeOperators(threads, isa)) {
              assertThat(quantized(operators, input, balance, scheme).data())
                  .as("%s, %d threads", isa, threads)
                  .isEqualTo(expected.data());
            }
          }
        }
      }
    }
  }

  @Test
  void aMeasuredRangeBeyondFloat32NamesTheLayer() {
    Tensor values = random(4, 2, 3, IN);
    values.data()[2] = 3e38f;
    values.data()[IN * 3 + 1] = -3e38f; // the same token index of the other sample
    try (NativeOperators operators = new NativeOperators(2, InstructionSet.choose())) {
      Linear layer =
          operators.prepare(quantized(7, Optional.empty(), new DynamicTokenShared(FORMAT)));
      NativeTensor x = operators.constant(values);
      assertThatThrownBy(() -> operators.linear(x, layer))
          .isInstanceOf(NonFiniteException.class)
          .hasMessageContaining("blocks.3.to_q")
          .hasMessageContaining("beyond float32");
      assertThatThrownBy(() -> operators.quantize(values, new DynamicTokenShared(FORMAT)))
          .isInstanceOf(NonFiniteException.class)
          .hasMessageContaining("beyond float32");
    }
  }

  @ParameterizedTest
  @MethodSource("schemes")
  void nonFiniteInputOfAQuantizedLayerNamesTheLayer(ActivationQuantization scheme) {
    try (NativeOperators operators = new NativeOperators(2, InstructionSet.choose())) {
      Linear layer = operators.prepare(quantized(7, Optional.of(balance()), scheme));
      for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
        Tensor values = random(4, 1, 40, IN);
        values.data()[1234] = bad;
        NativeTensor x = operators.constant(values);
        assertThatThrownBy(() -> operators.linear(x, layer))
            .isInstanceOf(NonFiniteException.class)
            .hasMessageContaining("blocks.3.to_q");
      }
    }
  }

  @Test
  void layersOfAnotherBackendAreRefused() {
    try (NativeOperators operators = new NativeOperators(1, InstructionSet.choose());
        ReferenceOperators reference = new ReferenceOperators(1, 1 << 20)) {
      NativeTensor x = operators.constant(random(1, 2, IN));
      Linear layer = reference.prepare(dense());
      assertThatThrownBy(() -> operators.linear(x, layer))
          .isInstanceOf(BackendException.class)
          .hasMessageContaining("dense")
          .hasMessageContaining("another backend");
    }
  }

  @Test
  void backendNeedsAThread() {
    assertThat(new NativeBackend().unavailable()).isEmpty();
    assertThatThrownBy(() -> new NativeBackend().open(0))
        .isInstanceOf(BackendException.class)
        .hasMessageContaining("at least 1");
  }
}
