package org.viditq.quantize.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.viditq.core.tensor.Tensor;

class PsnrTest {
  @Test
  void aTenthOfTheRangeIsTwentyDecibel() {
    Tensor reference = Tensor.full(100, 3, 8, 8);
    Tensor test = Tensor.full(125.5f, 3, 8, 8);
    assertThat(Psnr.of(reference, test, 255)).isCloseTo(20, within(1e-9));
  }

  @Test
  void framesAreMeasuredAlone() {
    Tensor reference = Tensor.zeros(2, 1, 1, 2);
    Tensor test = Tensor.of(new float[] {0, 0, 0.1f, 0.1f}, 2, 1, 1, 2);
    double[] frames = Psnr.ofFrames(reference, test, 1);
    assertThat(frames[0]).isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(frames[1]).isCloseTo(20, within(1e-5));
  }

  @Test
  void theRangeMustBePositive() {
    assertThatThrownBy(() -> Psnr.of(Tensor.zeros(1), Tensor.zeros(1), 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("data range");
  }
}
