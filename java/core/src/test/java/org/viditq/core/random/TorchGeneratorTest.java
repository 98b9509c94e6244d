package org.viditq.core.random;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TorchGeneratorTest {
  private static final Offset<Float> FOUR_DIGITS = within(5e-5f);

  @Test
  void twisterGivesThePublishedStream() {
    // The 10000th output for the default seed is the check value of the C++ standard.
    MersenneTwister twister = new MersenneTwister(5489);
    int last = 0;
    for (int i = 0; i < 10000; i++) {
      last = twister.nextInt();
    }
    assertThat(Integer.toUnsignedLong(last)).isEqualTo(4123659995L);
  }

  @Test
  void uniformNumbersAreTorchs() {
    float[] values = new TorchGenerator(0).rand(4).data();
    assertThat(values)
        .containsExactly(new float[] {0.4963f, 0.7682f, 0.0885f, 0.1320f}, FOUR_DIGITS);
  }

  @Test
  void shortNormalDrawsAreTorchs() {
    float[] values = new TorchGenerator(0).randn(3).data();
    assertThat(values).containsExactly(new float[] {1.5410f, -0.2934f, -2.1788f}, FOUR_DIGITS);
  }

  @Test
  void shortDrawsContinueWhereTheLastStopped() {
    TorchGenerator once = new TorchGenerator(7);
    TorchGenerator twice = new TorchGenerator(7);
    float[] all = once.randn(8).data();
    float[] first = twice.randn(5).data();
    float[] second = twice.randn(3).data();
    assertThat(first).containsExactly(all[0], all[1], all[2], all[3], all[4]);
    assertThat(second).containsExactly(all[5], all[6], all[7]);
  }

  @Test
  void onlyTheLowWordOfTheSeedCounts() {
    assertThat(new TorchGenerator(5L + (7L << 32)).rand(9).data())
        .isEqualTo(new TorchGenerator(5).rand(9).data());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 15, 16, 17, 37, 4096})
  void normalNumbersAreFiniteAndReproducible(int count) {
    float[] values = new TorchGenerator(count).randn(count).data();
    assertThat(values)
        .hasSize(count)
        .containsExactly(new TorchGenerator(count).randn(count).data());
    for (float value : values) {
      assertThat(value).isFinite();
    }
  }

  @Test
  void normalNumbersHaveMeanZeroAndVarianceOne() {
    float[] values = new TorchGenerator(3).randn(1 << 16).data();
    double sum = 0;
    double squares = 0;
    for (float value : values) {
      sum += value;
      squares += (double) value * value;
    }
    assertThat(sum / values.length).isCloseTo(0, within(0.02));
    assertThat(squares / values.length).isCloseTo(1, within(0.02));
  }
}
