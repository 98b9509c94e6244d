package org.viditq.core.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.core.error.ShapeException;

class AffineGridTest {
  private static AffineGrid grid(IntegerFormat format, float scale, int zeroPoint) {
    return new AffineGrid(format, new float[] {scale}, new int[] {zeroPoint});
  }

  @ParameterizedTest
  @CsvSource({"0.5, 10", "1.5, 12", "2.5, 12", "-0.5, 10", "-1.5, 8", "0.51, 11", "-3, 7"})
  void encodingRoundsHalfToEven(float x, int code) {
    assertThat(grid(IntegerFormat.asymmetric(8), 1, 10).encode(0, x)).isEqualTo(code);
  }

  @ParameterizedTest
  @CsvSource({"245, 255", "246, 255", "1e30, 255", "-10, 0", "-11, 0", "-1e30, 0"})
  void asymmetricCodesAreClamped(float x, int code) {
    assertThat(grid(IntegerFormat.asymmetric(8), 1, 10).encode(0, x)).isEqualTo(code);
  }

  @ParameterizedTest
  @CsvSource({"7, 7", "9, 7", "-8, -8", "-9, -8", "3e38, 7", "-3e38, -8"})
  void symmetricCodesAreClampedAndSigned(float x, int code) {
    assertThat(grid(IntegerFormat.symmetric(4), 1, 0).encode(0, x)).isEqualTo(code);
  }

  @Test
  void divisionIsInFloat32() {
    // 1 / (2/255) is 127.5 exactly, but 2/255 rounds up in float32 and the quotient down.
    assertThat(grid(IntegerFormat.asymmetric(8), 2f / 255, 0).encode(0, 1)).isEqualTo(127);
  }

  @Test
  void decodingTakesTheZeroPointOff() {
    AffineGrid grid =
        new AffineGrid(IntegerFormat.asymmetric(8), new float[] {0.5f, 2}, new int[] {10, 0});
    assertThat(grid.groups()).isEqualTo(2);
    assertThat(grid.decode(0, 7)).isEqualTo(-1.5f);
    assertThat(grid.decode(1, 7)).isEqualTo(14);
  }

  @Test
  void rowsDecodeByTheirOwnGroup() {
    AffineGrid grid =
        new AffineGrid(IntegerFormat.asymmetric(8), new float[] {0.5f, 2}, new int[] {10, 0});
    assertThat(grid.decodeRows(new int[] {7, 10, 7, 10})).containsExactly(-1.5f, 0, 14, 20);
    assertThat(grid.decodeRows(new int[0])).isEmpty();
    assertThatThrownBy(() -> grid.decodeRows(new int[3]))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("3 codes");
  }

  @Test
  void storedBytesAreSignedWhereTheFormatIs() {
    byte[] codes = {-1, 1};
    float[] scale = {2};
    int[] zeroPoint = {0};
    int[] rowSum = {0};
    IntegerFormat unsigned = IntegerFormat.asymmetric(8);
    IntegerFormat signed = IntegerFormat.symmetric(8);
    QuantizedActivations plain =
        new QuantizedActivations(unsigned, 1, 2, codes, scale, zeroPoint, rowSum);
    QuantizedActivations symmetric =
        new QuantizedActivations(signed, 1, 2, codes, scale, zeroPoint, rowSum);
    assertThat(plain.integerCodes()).containsExactly(255, 1);
    assertThat(plain.dequantize()).containsExactly(510, 2);
    assertThat(symmetric.integerCodes()).containsExactly(-1, 1);
    assertThat(symmetric.dequantize()).containsExactly(-2, 2);
  }

  @Test
  void decodingAnEncodedCodeReturnsIt() {
    for (IntegerFormat format :
        new IntegerFormat[] {IntegerFormat.asymmetric(6), IntegerFormat.symmetric(6)}) {
      AffineGrid grid = grid(format, 0.37f, format.symmetric() ? 0 : 21);
      for (int code = format.minCode(); code <= format.maxCode(); code++) {
        assertThat(grid.encode(0, grid.decode(0, code))).isEqualTo(code);
      }
    }
  }

  @Test
  void needsOneZeroPointPerScale() {
    assertThatThrownBy(() -> new AffineGrid(IntegerFormat.asymmetric(8), new float[2], new int[1]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("2 scales");
  }
}
