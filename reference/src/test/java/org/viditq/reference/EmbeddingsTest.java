package org.viditq.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.viditq.reference.TestData.normal;
import static org.viditq.reference.TestData.vector;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.viditq.core.tensor.Tensor;

class EmbeddingsTest {
  private final ReferenceOperators operators = new ReferenceOperators(1, 0);

  @AfterEach
  void close() {
    operators.close();
  }

  @Test
  void looksRowsUp() {
    Tensor table = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 3, 2);
    assertThat(operators.embedding(table, new int[] {2, 0, 2}).data())
        .containsExactly(5, 6, 1, 2, 5, 6);
  }

  @Test
  void timestepsAreSinesThenCosines() {
    Tensor e = operators.timestepEmbedding(vector(0, 2.5f), 4, false, 0);
    assertThat(e.shape().toArray()).containsExactly(2, 4);
    // Frequencies 1 and 10000^(-1/2) = 0.01.
    assertThat(e.data())
        .containsExactly(
            new float[] {
              0, 0, 1, 1, 0.5984721f, 0.0249974f, -0.8011436f, 0.9996875f,
            },
            within(1e-6f));
  }

  @Test
  void flippedTimestepsAreCosinesThenSinesAndOddWidthsEndInZero() {
    Tensor e = operators.timestepEmbedding(vector(2.5f), 5, true, 0);
    assertThat(e.data())
        .containsExactly(
            new float[] {-0.8011436f, 0.9996875f, 0.5984721f, 0.0249974f, 0}, within(1e-6f));
  }

  @Test
  void shiftRaisesTheLastFrequencyExponentToOne() {
    // D/2 - shift = 1: frequencies 1 and 1e-4.
    Tensor e = operators.timestepEmbedding(vector(1000), 4, false, 1);
    assertThat(e.data()[0]).isCloseTo((float) Math.sin(1000), within(1e-6f));
    assertThat(e.data()[1]).isCloseTo((float) Math.sin(0.1), within(1e-6f));
  }

  @Test
  void rotatesNeighbouringPairs() {
    Tensor x = Tensor.of(new float[] {1, 2, 3, 4}, 1, 2, 1, 2);
    Tensor cos = Tensor.of(new float[] {1, 1, 0, 0}, 2, 2);
    Tensor sin = Tensor.of(new float[] {0, 0, 1, 1}, 2, 2);
    // The first token stays, the second turns by a quarter.
    assertThat(operators.rotary(x, cos, sin).data()).containsExactly(1, 2, -4, 3);
  }

  @Test
  void rotationKeepsLengthsAndGoesByTokenForAllHeads() {
    Tensor x = normal(1, 2, 3, 4, 6);
    Tensor angle = normal(2, 3, 3);
    Tensor cos = Tensor.zeros(3, 6);
    Tensor sin = Tensor.zeros(3, 6);
    for (int i = 0; i < 18; i++) {
      cos.data()[i] = (float) Math.cos(angle.data()[i / 2]);
      sin.data()[i] = (float) Math.sin(angle.data()[i / 2]);
    }
    Tensor y = operators.rotary(x, cos, sin);
    for (int i = 0; i < x.size(); i += 2) {
      int token = i / (4 * 6) % 3;
      double a = angle.data()[token * 3 + i % 6 / 2];
      double x0 = x.data()[i];
      double x1 = x.data()[i + 1];
      assertThat((double) y.data()[i]).isCloseTo(x0 * Math.cos(a) - x1 * Math.sin(a), within(1e-6));
      assertThat((double) y.data()[i + 1])
          .isCloseTo(x1 * Math.cos(a) + x0 * Math.sin(a), within(1e-6));
    }
  }
}
