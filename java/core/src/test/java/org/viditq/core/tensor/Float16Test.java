package org.viditq.core.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class Float16Test {
  /** The value of a code by the definition of binary16. */
  private static double value(int code) {
    int exponent = code >> 10 & 31;
    int fraction = code & 1023;
    double magnitude =
        exponent == 0 ? fraction * 0x1p-24 : Math.scalb(1024 + fraction, exponent - 25);
    return (code & 0x8000) == 0 ? magnitude : -magnitude;
  }

  private static boolean isNonFinite(int code) {
    return (code & 0x7c00) == 0x7c00;
  }

  @Test
  void everyCodeConvertsExactlyAndBack() {
    for (int code = 0; code <= 0xffff; code++) {
      float converted = Float16.toFloat((short) code);
      if (!isNonFinite(code)) {
        assertThat((double) converted).isEqualTo(value(code));
      } else if ((code & 0x3ff) == 0) {
        assertThat(converted)
            .isEqualTo(code == 0x7c00 ? Float.POSITIVE_INFINITY : Float.NEGATIVE_INFINITY);
      } else {
        assertThat(converted).isNaN();
      }
      int back = Float16.fromFloat(converted) & 0xffff;
      boolean signalling = isNonFinite(code) && (code & 0x3ff) != 0 && (code & 0x200) == 0;
      assertThat(back).isEqualTo(signalling ? code | 0x200 : code);
    }
  }

  @Test
  void everyGapRoundsHalfToEven() {
    for (int low = 0; low < 0x7bff; low++) {
      int high = low + 1;
      float middle = (float) ((value(low) + value(high)) / 2); // exact: one bit more than binary16
      int even = low % 2 == 0 ? low : high;
      assertThat(Float16.fromFloat(middle)).isEqualTo((short) even);
      assertThat(Float16.fromFloat(Math.nextDown(middle))).isEqualTo((short) low);
      assertThat(Float16.fromFloat(Math.nextUp(middle))).isEqualTo((short) high);
      assertThat(Float16.fromFloat(-middle)).isEqualTo((short) (even | 0x8000));
    }
  }

  @Test
  void overflowsToInfinityAndUnderflowsToZero() {
    assertThat(Float16.fromFloat(Math.nextDown(65520f))).isEqualTo((short) 0x7bff);
    assertThat(Float16.fromFloat(65520f)).isEqualTo((short) 0x7c00);
    assertThat(Float16.fromFloat(65536f)).isEqualTo((short) 0x7c00);
    assertThat(Float16.fromFloat(-Float.MAX_VALUE)).isEqualTo((short) 0xfc00);
    assertThat(Float16.fromFloat(Float.NEGATIVE_INFINITY)).isEqualTo((short) 0xfc00);
    assertThat(Float16.fromFloat(-Float.MIN_VALUE)).isEqualTo((short) 0x8000);
    assertThat(Float16.fromFloat(0x1p-25f)).isEqualTo((short) 0);
    assertThat(Float16.fromFloat(Math.nextUp(0x1p-25f))).isEqualTo((short) 1);
    assertThat(Float16.toFloat(Float16.fromFloat(Float.intBitsToFloat(0x7f800001)))).isNaN();
  }
}
