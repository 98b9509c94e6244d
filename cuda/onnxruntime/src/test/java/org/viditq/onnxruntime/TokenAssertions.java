package org.viditq.onnxruntime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.viditq.core.quant.ActivationQuantization.DynamicToken;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.QuantizedActivations;
import org.viditq.core.tensor.Tensor;
import org.viditq.reference.ReferenceOperators;

/** Holds what a quantizer's node gives to the reference. */
final class TokenAssertions {
  static final List<String> OUTPUTS = List.of("codes", "scale", "zero_point", "row_sum");

  private TokenAssertions() {}

  /**
   * To the bit.
   *
   * @param outputs by the names of {@link #OUTPUTS}
   * @param x the values that were rounded
   */
  static void assertSame(
      ReferenceOperators reference, Map<String, Operand> outputs, IntegerFormat format, Tensor x) {
    QuantizedActivations expected = reference.quantize(x, new DynamicToken(format));
    assertExtents(outputs, x);
    assertThat(withoutPadding(outputs.get("codes"), expected.columns()))
        .containsExactly(expected.codes());
    assertThat(outputs.get("scale").floats()).containsExactly(expected.scale());
    assertThat(outputs.get("zero_point").ints()).containsExactly(expected.zeroPoint());
    assertThat(outputs.get("row_sum").ints()).containsExactly(expected.rowSum());
  }

  private static void assertExtents(Map<String, Operand> outputs, Tensor x) {
    long[] rows = Arrays.stream(x.shape().toArray()).asLongStream().toArray();
    long[] codes = rows.clone();
    codes[codes.length - 1] = (codes[codes.length - 1] + 15) / 16 * 16;
    assertThat(outputs.get("codes").extents()).containsExactly(codes);
    for (String output : OUTPUTS.subList(1, 4)) {
      assertThat(outputs.get(output).extents())
          .containsExactly(Arrays.copyOf(rows, rows.length - 1));
    }
  }

  /**
   * Same grids up to rounding; a code may differ by one where the value lies between two codes, and
   * a zero point where it does, by which all codes of the row then differ. Sums are those of the
   * codes.
   *
   * @param values what the node computes and rounds, as the reference computes it
   */
  static void assertNear(
      ReferenceOperators reference,
      Map<String, Operand> outputs,
      IntegerFormat format,
      Tensor values) {
    QuantizedActivations expected = reference.quantize(values, new DynamicToken(format));
    assertExtents(outputs, values);
    int columns = expected.columns();
    byte[] codes = withoutPadding(outputs.get("codes"), columns);
    float[] scales = outputs.get("scale").floats();
    int[] zeroPoints = outputs.get("zero_point").ints();
    int[] sums = outputs.get("row_sum").ints();
    for (int row = 0; row < expected.rows(); row++) {
      float scale = expected.scale()[row];
      assertThat(scales[row]).isCloseTo(scale, within(1e-5f * scale));
      int zeroPoint = zeroPoints[row];
      assertThat(zeroPoint).isCloseTo(expected.zeroPoint()[row], within(1));
      int sum = 0;
      for (int c = 0; c < columns; c++) {
        int code = format.code(codes[row * columns + c]);
        sum += code;
        double steps = values.data()[row * columns + c] / (double) scale;
        boolean clipped = code == format.minCode() || code == format.maxCode();
        assertThat(Math.abs(code - zeroPoint - steps)).isLessThan(clipped ? 1.01 : 0.51);
      }
      assertThat(sums[row]).isEqualTo(sum);
    }
  }

  /** The codes of rows without what fills each up to a multiple of 16. */
  static byte[] withoutPadding(Operand codes, int columns) {
    int step = (columns + 15) / 16 * 16;
    int rows = codes.bytes().length / step;
    byte[] dense = new byte[rows * columns];
    for (int row = 0; row < rows; row++) {
      System.arraycopy(codes.bytes(), row * step, dense, row * columns, columns);
    }
    return dense;
  }
}
