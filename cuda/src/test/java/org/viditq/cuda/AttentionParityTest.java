package org.viditq.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.core.operators.AttentionPrecision;
import org.viditq.core.operators.IntegerAttention;
import org.viditq.core.tensor.Tensor;
import org.viditq.reference.ReferenceIntegerAttention;
import org.viditq.reference.ReferenceOperators;

/** Attention in int8 on the emulated CUDA kernels against the reference: integers to the bit. */
class AttentionParityTest {
  private static final float SCALE = 0.2f;

  private final Random random = new Random(43);

  @ParameterizedTest
  @CsvSource({"1, 1, 1, 1", "7, 130, 64, 88", "9, 40, 72, 72", "3, 257, 25, 12"})
  void integersEqualTheReferenceToTheBit(int queries, int keys, int d, int dv) {
    Tensor q = normal(queries, d);
    Tensor k = normal(keys, d);
    Tensor v = normal(keys, dv);
    q.data()[q.size() / 2] *= 100;
    for (int i = 0; i < k.size(); i++) {
      k.data()[i] += i % d % 5;
    }
    for (Optional<Tensor> bias : List.of(Optional.<Tensor>empty(), mask(queries, keys))) {
      IntegerAttention.Codes expected =
          new ReferenceIntegerAttention().attend(q, k, v, SCALE, bias);
      IntegerAttention.Codes codes = EmulatedKernels.attention(q, k, v, SCALE, bias);
      assertThat(codes.q()).isEqualTo(expected.q());
      assertThat(codes.queryScale()).isEqualTo(expected.queryScale());
      assertThat(codes.k()).isEqualTo(expected.k());
      assertThat(codes.keyScale()).isEqualTo(expected.keyScale());
      assertThat(codes.scores()).isEqualTo(expected.scores());
      assertThat(codes.weights()).isEqualTo(expected.weights());
      assertThat(codes.v()).isEqualTo(expected.v());
      assertThat(codes.valueScale()).isEqualTo(expected.valueScale());
      assertThat(codes.sums()).isEqualTo(expected.sums());
      assertNear(codes.result(), expected.result(), v);
    }
  }

  @Test
  void resultsOfAllHeadsAreTheReferencesWithinRounding() {
    Tensor q = normal(2, 5, 3 * 24);
    Tensor k = normal(2, 133, 3 * 24);
    Tensor v = normal(2, 133, 3 * 24);
    try (ReferenceOperators reference = new ReferenceOperators(1, 0)) {
      for (int[] dims :
          new int[][] {{1, 1, 1, 133}, {2, 1, 1, 133}, {2, 3, 5, 133}, {1, 3, 1, 1}}) {
        Optional<Tensor> bias = Optional.of(normal(dims));
        Tensor expected = reference.attention(q, k, v, 3, SCALE, bias, AttentionPrecision.INT8);
        assertNear(EmulatedKernels.attention(q, k, v, 3, SCALE, bias), expected, v);
      }
    }
  }

  /** The average of values may be off by some roundings of the largest. */
  private static void assertNear(Tensor result, Tensor expected, Tensor v) {
    float largest = 0;
    for (float value : v.data()) {
      largest = Math.max(largest, Math.abs(value));
    }
    assertThat(result.data()).containsExactly(expected.data(), within(4e-6f * largest));
  }

  /** Scores of padding, one row of which hides all keys. */
  private Optional<Tensor> mask(int queries, int keys) {
    Tensor mask = normal(queries, keys);
    for (int i = 0; i < mask.size(); i++) {
      if (i < keys || random.nextInt(3) == 0) {
        mask.data()[i] = -10_000;
      }
    }
    return Optional.of(mask);
  }

  private Tensor normal(int... dims) {
    Tensor tensor = Tensor.zeros(dims);
    for (int i = 0; i < tensor.size(); i++) {
      tensor.data()[i] = (float) random.nextGaussian();
    }
    return tensor;
  }
}
