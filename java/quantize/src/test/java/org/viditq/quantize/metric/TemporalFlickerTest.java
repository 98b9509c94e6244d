package org.viditq.quantize.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Tensor;

class TemporalFlickerTest {
  @Test
  void theMeanOfAllDifferencesOfConsecutiveFrames() {
    // |3 - 1|, |0 - 2|, |3 - 3|, |4 - 0|
    Tensor clip = Tensor.of(new float[] {1, 2, 3, 0, 3, 4}, 3, 2);
    assertThat(TemporalFlicker.of(clip)).isEqualTo(2);
  }

  @Test
  void aClipIsReportedBesideItsReference() {
    Tensor reference = Tensor.of(new float[] {0, 0.25f, 0.5f}, 3, 1);
    Tensor test = Tensor.of(new float[] {0, 1, 0}, 3, 1);
    TemporalFlicker flicker = TemporalFlicker.of(reference, test);
    assertThat(flicker.reference()).isCloseTo(0.25, within(1e-9));
    assertThat(flicker.test()).isEqualTo(1);
    assertThat(flicker.ratio()).isCloseTo(4, within(1e-9));
  }

  @Test
  void aStillClipDoesNotFlicker() {
    assertThat(TemporalFlicker.of(Tensor.full(0.3f, 4, 5, 6, 3))).isZero();
  }

  @Test
  void whatIsNoClipIsRefused() {
    for (Tensor tensor :
        List.of(Tensor.full(0, 1, 8, 8, 3), Tensor.full(0, 4), Tensor.full(0, 2, 0))) {
      assertThatThrownBy(() -> TemporalFlicker.of(tensor)).isInstanceOf(ShapeException.class);
    }
    assertThatThrownBy(
            () -> TemporalFlicker.of(Tensor.full(0, 2, 8, 8, 3), Tensor.full(0, 3, 8, 8, 3)))
        .isInstanceOf(ShapeException.class);
  }
}
