package org.viditq.quantize.metric.scene;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.error.ShapeException;
import org.viditq.core.error.UsageException;
import org.viditq.core.tensor.Tensor;

class SceneAlignmentTest {
  /**
   * Golden values: the same template errors from the Python functions that the samples were trained
   * and scored with (shared/models/train/score.py and scenes.py), kept apart by shape and colour.
   */
  @ParameterizedTest
  @CsvSource({
    "a purple star on a sunset background, -0.0256533705150823",
    "a red circle on a sunset background, 0.0042498476030687245",
    "a small pink ring on a black background, -0.1285052299779787",
    "a red cross to the left of a cyan square on an ocean background, -0.08639563725958986"
  })
  void goldenValues(String caption, double expected) {
    // Sums of some thousand float32 squares.
    assertThat(SceneAlignment.of(disc(), caption)).isCloseTo(expected, within(2e-5));
  }

  /** What is painted as the model is meant to is found, whatever shape it is. */
  @ParameterizedTest
  @EnumSource(SceneShape.class)
  void aPaintedSceneFitsItsCaptionBest(SceneShape shape) {
    Tensor picture = painted(shape, SceneColour.GREEN, SceneBackground.GRAY, 20.3);
    String word = shape.word();
    double right = SceneAlignment.of(picture, "a large green " + word + " on a gray background");
    assertThat(right).isGreaterThan(0.4);
    for (SceneShape other : SceneShape.values()) {
      if (other != shape) {
        assertThat(
                SceneAlignment.of(
                    picture, "a large green " + other.word() + " on a gray background"))
            .isNegative();
      }
    }
    assertThat(SceneAlignment.of(picture, "a large cyan " + word + " on a gray background"))
        .isNegative();
    assertThat(SceneAlignment.of(picture, "a large green " + word + " on a black background"))
        .isLessThan(right);
  }

  @Test
  void alignmentFallsAsNoiseRises() {
    Tensor picture = painted(SceneShape.STAR, SceneColour.BLUE, SceneBackground.WHITE, 20.3);
    String caption = "a large blue star on a white background";
    double previous = SceneAlignment.of(picture, caption);
    for (double deviation : new double[] {0.1, 0.3, 1}) {
      Random random = new Random(8);
      float[] noisy = picture.data().clone();
      for (int i = 0; i < noisy.length; i++) {
        noisy[i] += (float) (deviation * random.nextGaussian());
      }
      double alignment = SceneAlignment.of(Tensor.of(picture.shape(), noisy), caption);
      assertThat(alignment).isLessThan(previous);
      previous = alignment;
    }
  }

  @Test
  void aMovingObjectIsFoundWhereverItIs() {
    Tensor frame = painted(SceneShape.CIRCLE, SceneColour.RED, SceneBackground.BLACK, 11);
    Tensor clip = joined(shifted(frame, -15), frame, shifted(frame, 15));
    assertThat(SceneAlignment.of(clip, "a red circle moving right on a black background"))
        .isGreaterThan(0.3);
    assertThat(SceneAlignment.of(clip, "a red cross moving right on a black background"))
        .isNegative();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "a cat",
        "a large red circle",
        "a large red circle on a white background and a cat",
        "a red circle beside a blue star on a white background",
        "a mauve circle on a white background",
        "a red circle on a white backgroundx"
      })
  void otherCaptionsAreRefused(String caption) {
    assertThat(SceneAlignment.recognizes(caption)).isFalse();
    assertThatThrownBy(() -> SceneAlignment.of(disc(), caption))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("ONNX");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a large purple circle on a black background",
        "an orange ring on an ocean background",
        "a red cross above an orange star on a gray background",
        "a yellow triangle moving down on a gray background",
        "a pink cross growing on an ocean background"
      })
  void captionsOfTheSamplesAreKnown(String caption) {
    assertThat(SceneAlignment.recognizes(caption)).isTrue();
    assertThat(SceneAlignment.of(disc(), caption)).isBetween(-1.0, 1.0);
  }

  @Test
  void otherSizesAreRefused() {
    assertThatThrownBy(
            () ->
                SceneAlignment.of(
                    Tensor.full(0, 1, 32, 64, 3), "a red circle on a white background"))
        .isInstanceOf(ShapeException.class);
  }

  /** A gradient with a red disc: none of the scenes exactly. */
  private static Tensor disc() {
    float[] values = new float[64 * 64 * 3];
    for (int y = 0; y < 64; y++) {
      for (int x = 0; x < 64; x++) {
        boolean inside = Math.hypot(x + 0.5 - 30.3, y + 0.5 - 35.1) < 12.4;
        for (int c = 0; c < 3; c++) {
          values[(y * 64 + x) * 3 + c] =
              (float)
                  (inside
                      ? new double[] {0.8, 0.2, 0.3}[c]
                      : 0.2 + 0.6 * ((y + 0.5) / 64) * (c + 1) / 3);
        }
      }
    }
    return Tensor.of(values, 1, 64, 64, 3);
  }

  private static Tensor painted(
      SceneShape shape, SceneColour colour, SceneBackground background, double r) {
    float[] values = new float[64 * 64 * 3];
    for (int y = 0; y < 64; y++) {
      for (int x = 0; x < 64; x++) {
        double cover =
            Math.max(0, Math.min(1, 0.5 - shape.distance(x + 0.5 - 32, y + 0.5 - 32, r)));
        for (int c = 0; c < 3; c++) {
          float behind = background.channel(c, (y + 0.5) / 64);
          values[(y * 64 + x) * 3 + c] = (float) (behind * (1 - cover) + cover * colour.channel(c));
        }
      }
    }
    return Tensor.of(values, 1, 64, 64, 3);
  }

  private static Tensor shifted(Tensor frame, int right) {
    float[] values = new float[frame.size()];
    for (int y = 0; y < 64; y++) {
      for (int x = 0; x < 64; x++) {
        int from = Math.max(0, Math.min(63, x - right));
        System.arraycopy(frame.data(), (y * 64 + from) * 3, values, (y * 64 + x) * 3, 3);
      }
    }
    return Tensor.of(frame.shape(), values);
  }

  private static Tensor joined(Tensor... frames) {
    float[] values = new float[frames.length * frames[0].size()];
    for (int t = 0; t < frames.length; t++) {
      System.arraycopy(frames[t].data(), 0, values, t * frames[0].size(), frames[0].size());
    }
    return Tensor.of(values, frames.length, 64, 64, 3);
  }
}
