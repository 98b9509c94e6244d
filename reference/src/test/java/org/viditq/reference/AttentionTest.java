package org.viditq.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.viditq.reference.TestData.normal;

import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.core.tensor.Tensor;

class AttentionTest {
  private final ReferenceOperators operators = new ReferenceOperators(2, 0);

  @AfterEach
  void close() {
    operators.close();
  }

  @ParameterizedTest
  @CsvSource({
    "1,1,1,1,1,1",
    "2,3,5,2,4,3",
    "1,65,7,3,5,5",
    "3,130,64,1,8,2",
    "2,64,129,2,1,6",
  })
  void agreesWithPlainLoops(int b, int n, int s, int heads, int d, int dv) {
    Tensor q = normal(1, b, n, heads * d);
    Tensor k = normal(2, b, s, heads * d);
    Tensor v = normal(3, b, s, heads * dv);
    int[][] biasShapes = {{b, heads, n, s}, {1, heads, n, s}, {b, 1, 1, s}, {1, 1, 1, 1}};
    for (int[] dims : biasShapes) {
      Tensor bias = normal(4, dims);
      Tensor full = operators.broadcast(bias, b, heads, n, s);
      Tensor out = operators.attention(q, k, v, heads, 0.7f, Optional.of(bias));
      assertThat(out.shape().toArray()).containsExactly(b, n, heads * dv);
      for (int i = 0; i < out.size(); i++) {
        int sample = i / (n * heads * dv);
        int row = i / (heads * dv) % n;
        int channel = i % (heads * dv);
        double expected = plain(q, k, v, full, heads, 0.7f, sample, row, channel);
        assertThat((double) out.data()[i]).isCloseTo(expected, within(1e-6));
      }
    }
  }

  private static double plain(
      Tensor q, Tensor k, Tensor v, Tensor bias, int heads, float scale, int b, int n, int c) {
    int d = q.dim(2) / heads;
    int head = c / (v.dim(2) / heads);
    int s = k.dim(1);
    double sum = 0;
    double weighted = 0;
    for (int j = 0; j < s; j++) {
      double score = 0;
      for (int i = 0; i < d; i++) {
        int channel = head * d + i;
        score +=
            (double) q.data()[(b * q.dim(1) + n) * q.dim(2) + channel]
                * k.data()[(b * s + j) * k.dim(2) + channel];
      }
      double biasValue = bias.data()[((b * heads + head) * q.dim(1) + n) * s + j];
      double weight = Math.exp(scale * score + biasValue);
      sum += weight;
      weighted += weight * v.data()[(b * s + j) * v.dim(2) + c];
    }
    return weighted / sum;
  }

  @Test
  void maskedKeysCountNothing() {
    Tensor q = normal(1, 1, 4, 6);
    Tensor k = normal(2, 1, 5, 6);
    Tensor v = normal(3, 1, 5, 6);
    Tensor mask = Tensor.of(new float[] {0, 0, 0, -10000, -10000}, 1, 1, 1, 5);
    Tensor masked = operators.attention(q, k, v, 2, 1, Optional.of(mask));
    Tensor cut =
        operators.attention(
            q, operators.slice(k, 1, 0, 3), operators.slice(v, 1, 0, 3), 2, 1, Optional.empty());
    assertThat(masked.data()).containsExactly(cut.data(), within(1e-6f));
  }

  @Test
  void aConstantBiasCancels() {
    Tensor q = normal(1, 2, 4, 6);
    Tensor k = normal(2, 2, 5, 6);
    Tensor all = Tensor.full(-10000, 2, 1, 1, 5);
    assertThat(operators.attention(q, k, k, 3, 1, Optional.of(all)).data())
        .containsExactly(
            operators.attention(q, k, k, 3, 1, Optional.empty()).data(), within(1e-6f));
  }

  @Test
  void hugeScoresDoNotOverflow() {
    Tensor q = Tensor.full(1e3f, 1, 1, 2);
    Tensor k = Tensor.of(new float[] {1e3f, 1e3f, -1e3f, -1e3f}, 1, 2, 2);
    Tensor v = Tensor.of(new float[] {1, 2, 3, 4}, 1, 2, 2);
    assertThat(operators.attention(q, k, v, 1, 1, Optional.empty()).data()).containsExactly(1, 2);
  }

  @Test
  void packedSamplesSeeTheirOwnKeysOnly() {
    Tensor q = normal(1, 3, 70, 8);
    Tensor k = normal(2, 1, 9, 8);
    Tensor v = normal(3, 1, 9, 8);
    int[] lengths = {2, 6, 1};
    Tensor packed = operators.attentionPacked(q, k, v, 2, 0.5f, lengths);
    int first = 0;
    for (int sample = 0; sample < 3; sample++) {
      int end = first + lengths[sample];
      Tensor alone =
          operators.attention(
              operators.slice(q, 0, sample, sample + 1),
              operators.slice(k, 1, first, end),
              operators.slice(v, 1, first, end),
              2,
              0.5f,
              Optional.empty());
      assertThat(operators.slice(packed, 0, sample, sample + 1).data()).isEqualTo(alone.data());
      first = end;
    }
  }
}
