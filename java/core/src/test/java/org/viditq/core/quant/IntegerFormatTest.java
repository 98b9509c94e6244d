package org.viditq.core.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IntegerFormatTest {
  @ParameterizedTest
  @CsvSource({
    "8, false, 0, 255, 255",
    "6, false, 0, 63, 63",
    "4, false, 0, 15, 15",
    "8, true, -128, 127, 127",
    "6, true, -32, 31, 31",
    "4, true, -8, 7, 7",
  })
  void codeRanges(int bits, boolean symmetric, int min, int max, int steps) {
    IntegerFormat format = new IntegerFormat(bits, symmetric);
    assertThat(format.minCode()).isEqualTo(min);
    assertThat(format.maxCode()).isEqualTo(max);
    assertThat(format.steps()).isEqualTo(steps);
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 1, 9, 16})
  void otherWidthsAreRefused(int bits) {
    assertThatThrownBy(() -> IntegerFormat.asymmetric(bits))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Bit width " + bits);
  }
}
