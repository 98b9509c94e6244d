package org.viditq.quantize.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Tensor;

/** Metrics of two clips; golden values are those of the formulas in NumPy in float64. */
class ClipDistancesTest {
  private static final Tensor PLAIN = clip(0, 0);
  private static final Tensor OTHER = clip(0.4, 0.15);

  @Test
  void goldenValues() {
    // Clips are float32 here and there; their rounding moves the figures in the seventh place.
    assertThat(GradientSimilarity.of(PLAIN, OTHER)).isCloseTo(0.8328371588334813, within(1e-6));
    assertThat(ColourHistogram.distance(PLAIN, OTHER)).isCloseTo(0.9056612166691993, within(1e-3));
  }

  @Test
  void equalClipsAreAlike() {
    // The weights of the scales sum up to 1 but for the last bit.
    assertThat(GradientSimilarity.of(OTHER, OTHER)).isCloseTo(1, within(1e-15));
    assertThat(ColourHistogram.distance(OTHER, OTHER)).isZero();
  }

  @Test
  void bothAreSymmetric() {
    assertThat(GradientSimilarity.of(PLAIN, OTHER)).isEqualTo(GradientSimilarity.of(OTHER, PLAIN));
    assertThat(ColourHistogram.distance(PLAIN, OTHER))
        .isEqualTo(ColourHistogram.distance(OTHER, PLAIN));
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.01, 0.03, 0.1, 0.3})
  void moreNoiseIsLessSimilar(double noise) {
    assertThat(GradientSimilarity.of(PLAIN, clip(0, 2 * noise)))
        .isLessThan(GradientSimilarity.of(PLAIN, clip(0, noise)))
        .isBetween(0.0, 1.0);
  }

  @Test
  void mirroredPicturesHaveTheSameColoursAndOtherEdges() {
    int height = PLAIN.dim(1);
    int width = PLAIN.dim(2);
    float[] mirrored = new float[PLAIN.size()];
    for (int row = 0; row < 2 * height; row++) {
      for (int x = 0; x < width; x++) {
        for (int c = 0; c < 3; c++) {
          mirrored[(row * width + x) * 3 + c] = PLAIN.data()[(row * width + width - 1 - x) * 3 + c];
        }
      }
    }
    Tensor mirror = Tensor.of(PLAIN.shape(), mirrored);
    assertThat(ColourHistogram.distance(PLAIN, mirror)).isZero();
    assertThat(GradientSimilarity.of(PLAIN, mirror)).isLessThan(0.99);
  }

  @Test
  void coloursOutsideOfTheirRangeCountAsItsEnds() {
    assertThat(ColourHistogram.distance(Tensor.full(0, 1, 2, 2, 3), Tensor.full(-7, 1, 2, 2, 3)))
        .isZero();
    assertThat(ColourHistogram.distance(Tensor.full(1, 1, 2, 2, 3), Tensor.full(9, 1, 2, 2, 3)))
        .isZero();
    assertThat(ColourHistogram.distance(Tensor.full(0, 1, 2, 2, 3), Tensor.full(1, 1, 2, 2, 3)))
        .isEqualTo(1);
  }

  @Test
  void flowScoreIsTheLengthOfTheMotion() {
    Tensor still = shifted(0);
    assertThat(ClipMotion.of(still).flowScore()).isLessThan(0.05);
    assertThat(ClipMotion.of(shifted(1.5)).flowScore()).isCloseTo(1.5, within(0.2));
  }

  @Test
  void whatIsNoClipIsRefused() {
    for (Tensor tensor :
        List.of(
            Tensor.full(0, 1, 23, 40, 3),
            Tensor.full(0, 1, 40, 40, 1),
            Tensor.full(0, 40, 40, 3))) {
      assertThatThrownBy(() -> GradientSimilarity.of(tensor, tensor))
          .isInstanceOf(ShapeException.class)
          .hasMessageStartingWith("gradient similarity: ");
    }
    assertThatThrownBy(
            () -> ColourHistogram.distance(Tensor.full(0, 2, 2, 3), Tensor.full(0, 2, 2, 3)))
        .isInstanceOf(ShapeException.class);
    assertThatThrownBy(() -> GradientSimilarity.of(PLAIN, Tensor.full(0, 1, 40, 48, 3)))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("differ in shape");
    assertThatThrownBy(() -> ClipMotion.of(Tensor.full(0, 1, 40, 48, 3)))
        .isInstanceOf(ShapeException.class);
    assertThatThrownBy(() -> Planes.of(Tensor.full(0, 1, 40, 48, 4)))
        .isInstanceOf(ShapeException.class);
  }

  @Test
  void planesHoldOneColourEach() {
    Tensor planes =
        Planes.of(Tensor.of(new float[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, 2, 1, 2, 3));
    assertThat(planes.shape().toArray()).containsExactly(6, 1, 2);
    assertThat(planes.data()).containsExactly(1, 4, 2, 5, 3, 6, 7, 10, 8, 11, 9, 12);
  }

  private static Tensor clip(double phase, double noise) {
    float[] values = new float[2 * 40 * 48 * 3];
    int at = 0;
    for (int t = 0; t < 2; t++) {
      for (int y = 0; y < 40; y++) {
        for (int x = 0; x < 48; x++) {
          for (int c = 0; c < 3; c++) {
            values[at++] =
                (float)
                    (0.5
                        + 0.3 * Math.sin(0.35 * x + 0.2 * y + t + c + phase)
                        + noise * Math.cos(1.7 * x - 1.1 * y + 2 * c));
          }
        }
      }
    }
    return Tensor.of(values, 2, 40, 48, 3);
  }

  /** A smooth texture that moves to the right. */
  private static Tensor shifted(double step) {
    float[] values = new float[3 * 40 * 48 * 3];
    int at = 0;
    for (int t = 0; t < 3; t++) {
      for (int y = 0; y < 40; y++) {
        for (int x = 0; x < 48; x++) {
          double u = x - t * step;
          for (int c = 0; c < 3; c++) {
            values[at++] =
                (float)
                    (0.5 + 0.2 * Math.sin(0.4 * u + 0.3 * y) + 0.2 * Math.sin(0.5 * y - 0.2 * u));
          }
        }
      }
    }
    return Tensor.of(values, 3, 40, 48, 3);
  }
}
