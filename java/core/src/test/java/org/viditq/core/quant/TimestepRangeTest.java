package org.viditq.core.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class TimestepRangeTest {
  @Test
  void closedRangesMeetWithoutAGap() {
    TimestepRange early = TimestepRange.closed(0, 500);
    TimestepRange late = TimestepRange.closed(501, 1000);
    for (double t : new double[] {0, 499.5, 500, 500.5, 500.999, 501, 1000, 1000.5}) {
      assertThat(early.contains(t)).isNotEqualTo(late.contains(t));
    }
    assertThat(early.contains(500.5)).isTrue();
    assertThat(late.contains(501)).isTrue();
  }

  @Test
  void allHoldsEveryTimestep() {
    assertThat(TimestepRange.ALL.contains(0)).isTrue();
    assertThat(TimestepRange.ALL.contains(1000)).isTrue();
  }

  @Test
  void emptyRangesAreRefused() {
    assertThatThrownBy(() -> new TimestepRange(5, 5))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("[5.0, 5.0)");
  }
}
