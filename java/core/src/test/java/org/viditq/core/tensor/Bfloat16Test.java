package org.viditq.core.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class Bfloat16Test {
  @Test
  void everyCodeConvertsExactlyAndBack() {
    for (int code = 0; code <= 0xffff; code++) {
      float converted = Bfloat16.toFloat((short) code);
      assertThat(Float.floatToRawIntBits(converted)).isEqualTo(code << 16);
      boolean signalling = (code & 0x7f80) == 0x7f80 && (code & 0x7f) != 0 && (code & 0x40) == 0;
      assertThat(Bfloat16.fromFloat(converted) & 0xffff).isEqualTo(signalling ? code | 0x40 : code);
    }
  }

  @Test
  void everyGapRoundsHalfToEven() {
    for (int low = 0; low < 0x7f80; low++) { // the last gap is the one to infinity
      float middle = Float.intBitsToFloat(low << 16 | 0x8000);
      int even = low % 2 == 0 ? low : low + 1;
      assertThat(Bfloat16.fromFloat(middle)).isEqualTo((short) even);
      assertThat(Bfloat16.fromFloat(Math.nextDown(middle))).isEqualTo((short) low);
      assertThat(Bfloat16.fromFloat(Math.nextUp(middle))).isEqualTo((short) (low + 1));
      assertThat(Bfloat16.fromFloat(-middle)).isEqualTo((short) (even | 0x8000));
    }
  }
}
