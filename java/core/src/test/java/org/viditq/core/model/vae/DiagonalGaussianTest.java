package org.viditq.core.model.vae;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Tensor;

class DiagonalGaussianTest {

  @Test
  void momentsAreMeanThenClampedLogVariance() {
    Tensor moments = Tensor.of(new float[] {1, 2, -100, 0, 3, 4, 50, 19}, 2, 2, 1, 2);
    DiagonalGaussian gaussian = DiagonalGaussian.ofMoments(moments);
    assertThat(gaussian.mean().shape().toArray()).containsExactly(2, 1, 1, 2);
    assertThat(gaussian.mean().data()).containsExactly(1, 2, 3, 4);
    assertThat(gaussian.logVariance().data()).containsExactly(-30, 0, 20, 19);
    assertThat(gaussian.standardDeviation().data()[1]).isEqualTo(1);
    assertThat(gaussian.standardDeviation().data()[2]).isEqualTo((float) Math.exp(10));
  }

  @Test
  void sampleMovesTheMeanByDeviations() {
    float logVariance = (float) (2 * Math.log(3));
    DiagonalGaussian gaussian =
        new DiagonalGaussian(
            Tensor.of(new float[] {1, 1, 1}, 1, 1, 1, 3), Tensor.full(logVariance, 1, 1, 1, 3));
    float[] sample = gaussian.sample(Tensor.of(new float[] {0, 1, -2}, 1, 1, 1, 3)).data();
    assertThat(sample[0]).isEqualTo(1);
    assertThat(sample[1]).isEqualTo(1 + gaussian.standardDeviation().data()[1]);
    assertThat(sample[2]).isEqualTo(1 - 2 * gaussian.standardDeviation().data()[2]);
  }

  @Test
  void noiseOfAnotherShapeIsRejected() {
    DiagonalGaussian gaussian =
        new DiagonalGaussian(Tensor.zeros(1, 4, 2, 2), Tensor.zeros(1, 4, 2, 2));
    assertThatThrownBy(() -> gaussian.sample(Tensor.zeros(1, 4, 2, 3)))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("[1, 4, 2, 3]");
  }
}
