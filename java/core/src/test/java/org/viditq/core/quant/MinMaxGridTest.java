package org.viditq.core.quant;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class MinMaxGridTest {
  private static AffineGrid grid(IntegerFormat format, float lo, float hi) {
    return MinMaxGrid.of(format, new float[] {lo}, new float[] {hi});
  }

  static Stream<IntegerFormat> formats() {
    return Stream.of(4, 6, 8)
        .flatMap(b -> Stream.of(IntegerFormat.asymmetric(b), IntegerFormat.symmetric(b)));
  }

  @Test
  void asymmetricDividesTheRangeIntoItsSteps() {
    AffineGrid grid = grid(IntegerFormat.asymmetric(8), -51, 204);
    assertThat(grid.scale()).containsExactly(1);
    assertThat(grid.zeroPoint()).containsExactly(51);
    assertThat(grid(IntegerFormat.asymmetric(4), -5, 10).scale()).containsExactly(1);
  }

  @Test
  void symmetricDividesTheLargestMagnitude() {
    assertThat(grid(IntegerFormat.symmetric(8), -254, 3).scale()).containsExactly(2);
    assertThat(grid(IntegerFormat.symmetric(8), -3, 254).scale()).containsExactly(2);
    assertThat(grid(IntegerFormat.symmetric(4), -7, 7).scale()).containsExactly(1);
    assertThat(grid(IntegerFormat.symmetric(8), -254, 3).zeroPoint()).containsExactly(0);
  }

  @Test
  void rangesAreFirstExtendedToZero() {
    AffineGrid positive = grid(IntegerFormat.asymmetric(8), 100, 255);
    assertThat(positive.scale()).containsExactly(1);
    assertThat(positive.zeroPoint()).containsExactly(0);
    AffineGrid negative = grid(IntegerFormat.asymmetric(8), -255, -100);
    assertThat(negative.scale()).containsExactly(1);
    assertThat(negative.zeroPoint()).containsExactly(255);
  }

  @Test
  void zeroPointsRoundHalfToEven() {
    assertThat(grid(IntegerFormat.asymmetric(8), -2.5f, 252.5f).zeroPoint()).containsExactly(2);
    assertThat(grid(IntegerFormat.asymmetric(8), -3.5f, 251.5f).zeroPoint()).containsExactly(4);
  }

  @Test
  void aDeadGroupChangesOnlyItself() {
    AffineGrid grid =
        MinMaxGrid.of(
            IntegerFormat.asymmetric(8), new float[] {0, 0, 0}, new float[] {0, 255, 1e-5f});
    assertThat(grid.scale()).containsExactly(1e-6f, 1, 1e-6f);
    assertThat(grid.zeroPoint()).containsExactly(0, 0, 0);
  }

  @Test
  void aDeadGroupDestroysAllAsPublished() {
    AffineGrid grid =
        MinMaxGrid.of(
            IntegerFormat.asymmetric(8),
            new float[] {0, -1},
            new float[] {0, 254},
            SmallScaleRule.ALL_GROUPS_AS_PUBLISHED);
    assertThat(grid.scale()).containsExactly(1e-6f, 1e-6f);
    assertThat(grid.zeroPoint()).containsExactly(0, 1_000_000);
    AffineGrid alive =
        MinMaxGrid.of(
            IntegerFormat.asymmetric(8),
            new float[] {0, 0},
            new float[] {255, 510},
            SmallScaleRule.ALL_GROUPS_AS_PUBLISHED);
    assertThat(alive.scale()).containsExactly(1, 2);
  }

  @ParameterizedTest
  @MethodSource("formats")
  void zeroIsAlwaysRepresentable(IntegerFormat format) {
    Random random = new Random(1);
    for (int i = 0; i < 10_000; i++) {
      float deviation = (float) Math.pow(10, random.nextInt(12) - 6);
      AffineGrid grid =
          grid(
              format,
              deviation * (float) random.nextGaussian(),
              deviation * (float) random.nextGaussian());
      assertThat(grid.zeroPoint()[0]).isBetween(format.minCode(), format.maxCode());
      assertThat(grid.decode(0, grid.encode(0, 0))).isZero();
    }
  }
}
