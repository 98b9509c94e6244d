package org.viditq.quantize.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class BootstrapIntervalTest {
  @Test
  void ofManyNormalValuesItIsThatOfTheNormalDistribution() {
    Random random = new Random(1);
    double[] values = random.doubles(400).map(u -> random.nextGaussian()).toArray();
    double mean = 0;
    double squares = 0;
    for (double value : values) {
      mean += value / values.length;
    }
    for (double value : values) {
      squares += (value - mean) * (value - mean);
    }
    double error = Math.sqrt(squares / values.length / values.length);
    BootstrapInterval interval = BootstrapInterval.of(values);
    // 2000 resamples know their quantiles to a twentieth of the standard error or so.
    assertThat(interval.low()).isCloseTo(mean - 1.96 * error, within(0.25 * error));
    assertThat(interval.high()).isCloseTo(mean + 1.96 * error, within(0.25 * error));
  }

  /** In 95 of 100 samples, or nearly so, it holds the true mean. */
  @Test
  void itHoldsTheMeanAsOftenAsItSays() {
    Random random = new Random(2);
    int held = 0;
    for (int i = 0; i < 300; i++) {
      double[] values = random.doubles(30).toArray();
      BootstrapInterval interval = BootstrapInterval.of(values);
      held += interval.low() <= 0.5 && 0.5 <= interval.high() ? 1 : 0;
    }
    assertThat(held).isBetween(270, 297);
  }

  @Test
  void constantsHaveNoWidthAndTheSameValuesTheSameInterval() {
    assertThat(BootstrapInterval.of(new double[] {3})).isEqualTo(new BootstrapInterval(3, 3));
    double[] values = {1, 5, 2};
    assertThat(BootstrapInterval.of(values)).isEqualTo(BootstrapInterval.of(values));
    assertThatThrownBy(() -> BootstrapInterval.of(new double[0]))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
