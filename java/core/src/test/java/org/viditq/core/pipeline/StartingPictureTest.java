package org.viditq.core.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.error.ShapeException;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.vae.DiagonalGaussian;
import org.viditq.core.tensor.Tensor;

class StartingPictureTest {
  /** {@code steps - min(int(steps * strength), steps)} in Python's arithmetic. */
  @ParameterizedTest
  @CsvSource({"20, 1, 0", "20, 0.8, 4", "10, 0.3, 7", "50, 0.29, 36", "4, 0.26, 3", "7, 0.999, 1"})
  void stepsAreLeftOutAsInDiffusers(int steps, double strength, int first) {
    assertThat(StartingPicture.firstStep(steps, strength)).isEqualTo(first);
  }

  @ParameterizedTest
  @CsvSource({"4, 0.2", "1, 0.9", "20, 0.04", "10, 0.07", "100, 0.003", "28, 0.0349"})
  void theAdviceAboutTooFewStepsWorks(int steps, double strength) {
    assertThatThrownBy(() -> StartingPicture.firstStep(steps, strength))
        .isInstanceOf(UsageException.class)
        .satisfies(
            e -> {
              Matcher advice = Pattern.compile("at least (\\d+) steps").matcher(e.getMessage());
              assertThat(advice.find()).isTrue();
              int enough = Integer.parseInt(advice.group(1));
              assertThat(StartingPicture.firstStep(enough, strength)).isEqualTo(enough - 1);
            });
  }

  /** So many steps cannot be asked for. */
  @ParameterizedTest
  @ValueSource(doubles = {0.0009, 1e-9, 1e-12, Double.MIN_VALUE})
  void tinyStrengthsHaveOneRemedy(double strength) {
    assertThatThrownBy(() -> StartingPicture.firstStep(1000, strength))
        .isInstanceOf(UsageException.class)
        .hasMessageEndingWith("to be taken; ask for a larger strength.");
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -0.1, 1.01, Double.NaN, Double.POSITIVE_INFINITY})
  void strengthIsAShare(double strength) {
    assertThatThrownBy(() -> StartingPicture.firstStep(10, strength))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("above 0 and at most 1");
  }

  @Test
  void everySampleIsADrawOfItsOwn() {
    Tensor mean = Tensor.of(new float[] {1, 2}, 1, 1, 1, 2);
    Tensor logVariance = Tensor.of(new float[] {0, (float) Math.log(4)}, 1, 1, 1, 2);
    StartingPicture start = new StartingPicture(new DiagonalGaussian(mean, logVariance), 0.5, 0.7);
    Tensor drawn = start.sample(Tensor.of(new float[] {0, 0, 1, -1}, 2, 1, 1, 2));
    assertThat(drawn.data()).containsExactly(0.5f, 1, 1, 0);
    assertThatThrownBy(() -> start.sample(Tensor.zeros(1, 1, 1, 4)))
        .isInstanceOf(ShapeException.class);
  }
}
