package org.viditq.cpp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.viditq.core.error.ShapeException;
import org.viditq.core.operators.AttentionPrecision;
import org.viditq.core.operators.IntegerAttention.Codes;
import org.viditq.core.operators.Operators;
import org.viditq.core.tensor.Tensor;
import org.viditq.reference.ReferenceIntegerAttention;
import org.viditq.reference.ReferenceOperators;

/** Attention in bfloat16 and int8 held against the reference: integers to the bit. */
class AttentionPrecisionTest {
  private static final int[][] HEADS = {
    // queries, keys, channels of q and k, of v
    {1, 1, 1, 1},
    {16, 16, 72, 72},
    {33, 130, 64, 88},
    {40, 300, 88, 64},
    {35, 128, 5, 7},
    {3, 257, 17, 33},
    {2, 5, 1024, 3}
  };

  static Stream<InstructionSet> instructionSets() {
    return InstructionSet.supported().stream();
  }

  private static Tensor normal(long seed, float factor, int... dims) {
    Random random = new Random(seed);
    Tensor tensor = Tensor.zeros(dims);
    for (int i = 0; i < tensor.size(); i++) {
      tensor.data()[i] = factor * (float) random.nextGaussian();
    }
    return tensor;
  }

  private static void assertSame(Codes actual, Codes expected) {
    assertThat(actual.q()).isEqualTo(expected.q());
    assertThat(actual.queryScale()).isEqualTo(expected.queryScale());
    assertThat(actual.k()).isEqualTo(expected.k());
    assertThat(actual.keyScale()).isEqualTo(expected.keyScale());
    assertThat(actual.scores()).isEqualTo(expected.scores());
    assertThat(actual.weights()).isEqualTo(expected.weights());
    assertThat(actual.v()).isEqualTo(expected.v());
    assertThat(actual.valueScale()).isEqualTo(expected.valueScale());
    assertThat(actual.sums()).isEqualTo(expected.sums());
    assertClose(actual.result(), expected.result(), 4e-6);
  }

  private static void assertClose(Tensor actual, Tensor expected, double tolerance) {
    assertThat(actual.shape()).isEqualTo(expected.shape());
    for (int i = 0; i < expected.size(); i++) {
      double e = expected.data()[i];
      assertThat((double) actual.data()[i]).isCloseTo(e, within(tolerance * (1 + Math.abs(e))));
    }
  }

  @ParameterizedTest
  @MethodSource("instructionSets")
  void integersAreThoseOfTheReference(InstructionSet isa) {
    ReferenceIntegerAttention reference = new ReferenceIntegerAttention();
    try (NativeIntegerAttention integers = new NativeIntegerAttention(isa)) {
      for (int[] h : HEADS) {
        Tensor q = normal(1, 2, h[0], h[2]);
        Tensor k = normal(2, 1, h[1], h[2]);
        for (int i = 0; i < k.size(); i++) {
          k.data()[i] += i % h[2] % 7; // channels have means, which are taken out
        }
        Tensor v = normal(3, 1, h[1], h[3]);
        for (Optional<Tensor> bias :
            List.of(Optional.<Tensor>empty(), Optional.of(normal(4, 3, h[0], h[1])))) {
          assertSame(integers.attend(q, k, v, 0.2f, bias), reference.attend(q, k, v, 0.2f, bias));
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("instructionSets")
  void integersOfOddValuesAreThoseOfTheReference(InstructionSet isa) {
    int d = 20;
    Tensor q = normal(1, 1, 8, d);
    Tensor k = normal(2, 1, 140, d);
    Tensor v = normal(3, 1, 140, 11);
    Tensor bias = normal(4, 3, 8, 140);
    for (int i = 0; i < d; i++) {
      q.data()[i] = 0; // zeros
      q.data()[d + i] *= 1e-41f; // denormals
      q.data()[3 * d + i] = i % 9 / 2f; // ties, by the next line
    }
    q.data()[2 * d + 3] = 500; // an outlier
    q.data()[3 * d] = 127;
    for (int s = 0; s < 140; s++) {
      v.data()[s * 11 + 4] = 0;
      k.data()[s * d + 5] = 3; // its mean
      bias.data()[4 * 140 + s] = -Float.MAX_VALUE; // everything is masked
      bias.data()[5 * 140 + s] = s < 128 ? -10_000 : 0; // a block is
    }
    bias.data()[6 * 140 + 1] = Float.NEGATIVE_INFINITY;
    try (NativeIntegerAttention integers = new NativeIntegerAttention(isa)) {
      assertSame(
          integers.attend(q, k, v, 0.2f, Optional.of(bias)),
          new ReferenceIntegerAttention().attend(q, k, v, 0.2f, Optional.of(bias)));
    }
  }

  @ParameterizedTest
  @MethodSource("instructionSets")
  void operatorsAgreeWithTheReference(InstructionSet isa) {
    try (NativeOperators fast = new NativeOperators(2, isa);
        ReferenceOperators slow = new ReferenceOperators(1, 0)) {
      for (AttentionPrecision precision : AttentionPrecision.values()) {
        double tolerance = precision == AttentionPrecision.BF16 ? 5e-3 : 5e-6;
        assertClose(plain(fast, precision), plain(slow, precision), tolerance);
        assertClose(packed(fast, precision), packed(slow, precision), tolerance);
      }
    }
  }

  private static <V> Tensor plain(Operators<V> operators, AttentionPrecision precision) {
    Tensor mask = Tensor.zeros(2, 1, 1, 140);
    for (int s = 100; s < 140; s++) {
      mask.data()[140 + s] = -10_000;
    }
    return operators.read(
        operators.attention(
            operators.constant(normal(1, 1, 2, 37, 3 * 24)),
            operators.constant(normal(2, 1, 2, 140, 3 * 24)),
            operators.constant(normal(3, 1, 2, 140, 3 * 16)),
            3,
            0.2f,
            Optional.of(operators.constant(mask)),
            precision));
  }

  private static <V> Tensor packed(Operators<V> operators, AttentionPrecision precision) {
    return operators.read(
        operators.attentionPacked(
            operators.constant(normal(1, 1, 3, 37, 2 * 72)),
            operators.constant(normal(2, 1, 1, 141, 2 * 72)),
            operators.constant(normal(3, 1, 1, 141, 2 * 72)),
            2,
            0.2f,
            new int[] {10, 1, 130},
            precision));
  }

  @ParameterizedTest
  @EnumSource(
      value = AttentionPrecision.class,
      names = {"BF16", "INT8"})
  void precisionsAreNearFloat(AttentionPrecision precision) {
    try (ReferenceOperators operators = new ReferenceOperators(1, 0)) {
      Tensor exact = packed(operators, AttentionPrecision.FP32);
      Tensor rounded = packed(operators, precision);
      assertClose(rounded, exact, precision == AttentionPrecision.BF16 ? 1e-2 : 4e-2);
      assertThat(rounded.data()).isNotEqualTo(exact.data());
    }
  }

  @Test
  void whatIsNotFiniteSpreadsOnBothBackends() {
    try (NativeOperators fast = new NativeOperators(1, InstructionSet.choose());
        ReferenceOperators slow = new ReferenceOperators(1, 0)) {
      for (int part = 0; part < 3; part++) {
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
          boolean[] expected = nan(slow, part, bad);
          assertThat(nan(fast, part, bad)).isEqualTo(expected);
          int count = 0;
          for (boolean spoiled : expected) {
            count += spoiled ? 1 : 0;
          }
          assertThat(count).isEqualTo(new int[] {6, 4 * 6, 4}[part]);
        }
      }
    }
  }

  /** Which values of the result are NaN; {@code bad} lies in q, k or v. */
  private static <V> boolean[] nan(Operators<V> operators, int part, float bad) {
    Tensor[] parts = {normal(1, 1, 1, 4, 12), normal(2, 1, 1, 9, 12), normal(3, 1, 1, 9, 12)};
    parts[part].data()[12 + 7] = bad;
    Tensor result =
        operators.read(
            operators.attention(
                operators.constant(parts[0]),
                operators.constant(parts[1]),
                operators.constant(parts[2]),
                2,
                0.3f,
                Optional.empty(),
                AttentionPrecision.INT8));
    boolean[] nan = new boolean[result.size()];
    for (int i = 0; i < nan.length; i++) {
      nan[i] = Float.isNaN(result.data()[i]);
    }
    return nan;
  }

  @Test
  void headsThatAreTooWideAreRefused() {
    try (NativeOperators fast = new NativeOperators(1, InstructionSet.choose());
        ReferenceOperators slow = new ReferenceOperators(1, 0);
        NativeIntegerAttention integers = new NativeIntegerAttention(InstructionSet.choose())) {
      for (Operators<?> operators : new Operators<?>[] {fast, slow}) {
        assertThatThrownBy(() -> wide(operators))
            .isInstanceOf(ShapeException.class)
            .hasMessage(
                "Attention in int8 takes heads of up to 1024 channels, not 1025; leave it in"
                    + " fp32.");
      }
      for (int[] dims : new int[][] {{2, 5, 4, 3}, {3, 4, 4, 3}, {3, 5, 4, 4}, {2, 1025, 4, 3}}) {
        Tensor q = Tensor.zeros(2, 5);
        Tensor k = Tensor.zeros(dims[0], dims[1]);
        Tensor v = Tensor.zeros(dims[2], dims[3]);
        assertThatThrownBy(() -> integers.attend(q, k, v, 1, Optional.empty()))
            .isInstanceOf(ShapeException.class);
        assertThatThrownBy(
                () -> new ReferenceIntegerAttention().attend(q, k, v, 1, Optional.empty()))
            .isInstanceOf(ShapeException.class);
      }
    }
  }

  private static <V> void wide(Operators<V> operators) {
    V x = operators.constant(Tensor.zeros(1, 1, 1025));
    operators.attention(x, x, x, 1, 1, Optional.empty(), AttentionPrecision.INT8);
  }
}
