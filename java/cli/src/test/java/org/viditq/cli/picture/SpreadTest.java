package org.viditq.cli.picture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class SpreadTest {
  private static final double INFINITE = Double.POSITIVE_INFINITY;

  @Test
  void meanAndSampleDeviation() {
    Spread spread = Spread.of(List.of(2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0));
    assertThat(spread.mean()).isEqualTo(5);
    assertThat(spread.deviation()).isCloseTo(Math.sqrt(32.0 / 7), within(1e-12));
    assertThat(spread.lowest()).isEqualTo(2);
    assertThat(spread.infinite()).isZero();
  }

  @Test
  void infiniteFiguresAreCountedByThemselves() {
    Spread spread = Spread.of(List.of(INFINITE, 30.0, 32.0, INFINITE));
    assertThat(spread.mean()).isEqualTo(31);
    assertThat(spread.deviation()).isCloseTo(Math.sqrt(2), within(1e-12));
    assertThat(spread.infinite()).isEqualTo(2);
  }

  @Test
  void oneFigureHasNoSpread() {
    assertThat(Spread.of(List.of(30.0))).isEqualTo(new Spread(30, 0, 30, 0));
    assertThat(Spread.of(List.of(INFINITE))).isEqualTo(new Spread(INFINITE, 0, INFINITE, 1));
  }
}
