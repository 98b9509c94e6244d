package org.viditq.quantize.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.viditq.core.tensor.Tensor;

class CosineSimilarityTest {
  private final Tensor reference = Tensor.of(new float[] {1, 0, 0, 2}, 2, 2);
  private final Tensor test = Tensor.of(new float[] {3, 0, 5, 0}, 2, 2);

  @Test
  void rowsAreMeasuredAlone() {
    assertThat(CosineSimilarity.ofRows(reference, test)).containsExactly(1, 0);
  }

  @Test
  void allElementsFormOneVector() {
    assertThat(CosineSimilarity.of(reference, test))
        .isCloseTo(3 / Math.sqrt(5 * 34), within(1e-12));
  }

  @Test
  void aZeroVectorHasNoDirection() {
    assertThat(CosineSimilarity.of(reference, Tensor.zeros(2, 2))).isNaN();
  }
}
