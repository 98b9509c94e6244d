package org.viditq.quantize.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Tensor;

class WarpingErrorTest {
  @ParameterizedTest
  @CsvSource({"0, 0", "1, 0", "0, -1", "2, 1", "0.5, 0.25"})
  void aSceneThatOnlyMovesHasFarLessErrorThanFlicker(double dx, double dy) {
    Tensor clip = moving(2, 32, 48, dx, dy, 0);
    WarpingError error = WarpingError.of(clip, clip);
    assertThat(error.reference()).isEqualTo(error.test()).isLessThan(2e-4);
    if (dx != 0 || dy != 0) {
      double flicker = TemporalFlicker.of(clip);
      assertThat(Math.sqrt(error.reference())).isLessThan(flicker / 3);
    }
  }

  @Test
  void flickerOnTopOfTheMotionIsItsOwnVariance() {
    Tensor reference = moving(2, 32, 48, 1, 0.5, 0);
    double deviation = 0.05;
    WarpingError error = WarpingError.of(reference, moving(2, 32, 48, 1, 0.5, deviation));
    // Two frames' noise of variance v differ by 2 v; interpolation at half pixels averages some
    // off.
    assertThat(error.test() - error.reference())
        .isBetween(1.2 * deviation * deviation, 2.2 * deviation * deviation);
    assertThat(error.ratio()).isGreaterThan(5);
  }

  @Test
  void theSameEveryTime() {
    Tensor clip = moving(2, 32, 32, 1.5, 0, 0.02);
    assertThat(WarpingError.of(clip, clip)).isEqualTo(WarpingError.of(clip, clip));
  }

  @ParameterizedTest
  @CsvSource({"16, 16", "17, 33", "16, 80"})
  void smallAndOddFrames(int height, int width) {
    Tensor clip = moving(2, height, width, 0.5, 0, 0);
    assertThat(WarpingError.of(clip, clip).reference()).isBetween(0.0, 1e-3);
  }

  @Test
  void whatIsNoClipIsRefused() {
    for (Tensor tensor :
        List.of(
            Tensor.full(0, 1, 32, 32, 3),
            Tensor.full(0, 2, 32, 32, 1),
            Tensor.full(0, 2, 15, 32, 3),
            Tensor.full(0, 2, 3))) {
      assertThatThrownBy(() -> WarpingError.of(tensor, tensor))
          .isInstanceOf(ShapeException.class)
          .hasMessageStartingWith("warping error: ");
    }
  }

  /** A smooth texture that moves by (dx, dy) pixels a frame, with independent noise. */
  private static Tensor moving(
      int frames, int height, int width, double dx, double dy, double deviation) {
    Random random = new Random(3);
    float[] values = new float[frames * height * width * 3];
    int at = 0;
    for (int t = 0; t < frames; t++) {
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
          double u = x - t * dx;
          double v = y - t * dy;
          double texture =
              0.5
                  + 0.15 * Math.sin(0.45 * u + 0.2 * v)
                  + 0.15 * Math.sin(0.5 * v - 0.15 * u)
                  + 0.1 * Math.sin(0.21 * u) * Math.sin(0.26 * v);
          for (int channel = 0; channel < 3; channel++) {
            values[at++] = (float) (texture + deviation * random.nextGaussian());
          }
        }
      }
    }
    return Tensor.of(values, frames, height, width, 3);
  }
}
