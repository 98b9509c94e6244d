package org.viditq.quantize.weight;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.quant.CodeLayout;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.quant.StoredCodes;
import org.viditq.core.tensor.Tensor;

class WeightQuantizerTest {
  static List<Arguments> cases() {
    List<Arguments> cases = new ArrayList<>();
    for (int bits : new int[] {2, 4, 6, 8}) {
      for (boolean symmetric : new boolean[] {false, true}) {
        for (int[] shape : new int[][] {{1, 1}, {3, 8}, {5, 9}, {16, 31}, {33, 65}}) {
          cases.add(
              Arguments.of(new IntegerFormat(bits, symmetric), shape[0], shape[1], cases.size()));
        }
      }
    }
    return cases;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void roundTripStaysWithinHalfAStep(IntegerFormat format, int rows, int columns, long seed) {
    float[] w = adversarial(rows, columns, new Random(seed));
    QuantizedWeight q = quantize(w, rows, columns, format);
    byte[] codes = new byte[columns];
    for (int r = 0; r < rows; r++) {
      q.codes().copyRow(r, codes, 0);
      float scale = q.grid().scale()[r];
      assertThat(scale).isPositive().isFinite();
      assertThat(q.grid().zeroPoint()[r]).isBetween(format.minCode(), format.maxCode());
      for (int c = 0; c < columns; c++) {
        int code = format.symmetric() ? codes[c] : codes[c] & 0xff;
        assertThat(code).isBetween(format.minCode(), format.maxCode());
        // The grid's end points are themselves rounded, which costs up to half a step more.
        double bound = (format.symmetric() ? 0.5 : 1.0) * scale * (1 + 1e-5) + 1e-12;
        assertThat((double) q.grid().decode(r, code) - w[r * columns + c])
            .as("row %d column %d", r, c)
            .isBetween(-bound, bound);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void storedCodesAreTheCodesLessTheirOffset(
      IntegerFormat format, int rows, int columns, long seed) {
    QuantizedWeight q =
        quantize(adversarial(rows, columns, new Random(seed)), rows, columns, format);
    StoredCodes stored = q.codes().stored().orElseThrow();
    byte[] codes = new byte[columns];
    for (int r = 0; r < rows; r++) {
      q.codes().copyRow(r, codes, 0);
      for (int c = 0; c < columns; c++) {
        int start = r * stored.layout().rowBytes(columns);
        int value =
            stored.layout() == CodeLayout.BYTES
                ? stored.bytes().get(start + c)
                : stored.bytes().get(start + c / 2) >> c % 2 * 4 & 0xf;
        assertThat((byte) (value + stored.offset())).isEqualTo(codes[c]);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void permutingRowsPermutesCodes(IntegerFormat format, int rows, int columns, long seed) {
    float[] w = adversarial(rows, columns, new Random(seed));
    float[] reversed = new float[w.length];
    for (int r = 0; r < rows; r++) {
      System.arraycopy(w, r * columns, reversed, (rows - 1 - r) * columns, columns);
    }
    QuantizedWeight a = quantize(w, rows, columns, format);
    QuantizedWeight b = quantize(reversed, rows, columns, format);
    for (int r = 0; r < rows; r++) {
      byte[] left = new byte[columns];
      byte[] right = new byte[columns];
      a.codes().copyRow(r, left, 0);
      b.codes().copyRow(rows - 1 - r, right, 0);
      assertThat(left).isEqualTo(right);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void zeroRowsStayZero(IntegerFormat format, int rows, int columns, long seed) {
    QuantizedWeight q = quantize(new float[rows * columns], rows, columns, format);
    byte[] codes = new byte[columns];
    for (int r = 0; r < rows; r++) {
      q.codes().copyRow(r, codes, 0);
      assertThat(codes).containsOnly(0);
      assertThat(q.grid().zeroPoint()[r]).isZero();
    }
  }

  @Test
  void aDeadRowLeavesTheOthersAlone() {
    float[] w = {0, 0, 0, 1, -2, 3};
    QuantizedWeight q = quantize(w, 2, 3, IntegerFormat.asymmetric(8));
    assertThat(q.grid().scale()[0]).isEqualTo(1e-6f);
    assertThat(q.grid().scale()[1]).isEqualTo(5f / 255);
  }

  @Test
  void multipliesTheBalancingFactorsFirst() {
    float[] w = {1, 1, 1, 1};
    QuantizedWeight q =
        new WeightQuantizer()
            .quantize(
                MemoryTensor.of("w", Tensor.of(w, 2, 2)),
                Optional.of(new float[] {2f, -4f}),
                IntegerFormat.asymmetric(8));
    assertThat(q.grid().scale()).containsOnly(6f / 255);
    byte[] codes = new byte[2];
    q.codes().copyRow(1, codes, 0);
    assertThat(codes).containsExactly((byte) 255, (byte) 0);
  }

  @Test
  void namesTheWeightThatHoldsNaN() {
    assertThatThrownBy(
            () -> quantize(new float[] {1, 2, Float.NaN, 4}, 2, 2, IntegerFormat.symmetric(8)))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining("Weight w holds NaN or infinity at output channel 1");
  }

  @Test
  void fourBitCodesTakeHalfAByte() {
    QuantizedWeight q = quantize(new float[3 * 9], 3, 9, IntegerFormat.asymmetric(4));
    assertThat(q.codes().sizeInBytes()).isEqualTo(3 * 8); // 9 codes fill two int32
  }

  private static QuantizedWeight quantize(float[] w, int rows, int columns, IntegerFormat format) {
    return new WeightQuantizer()
        .quantize(MemoryTensor.of("w", Tensor.of(w, rows, columns)), Optional.empty(), format);
  }

  /** Rows of very different kinds: Gaussian, one outlier, one-sided, constant, tiny, zero. */
  private static float[] adversarial(int rows, int columns, Random random) {
    float[] w = new float[rows * columns];
    for (int r = 0; r < rows; r++) {
      int kind = random.nextInt(6);
      float[] row = new float[columns];
      for (int c = 0; c < columns; c++) {
        float g = (float) random.nextGaussian();
        row[c] =
            switch (kind) {
              case 0 -> g;
              case 1 -> c == 0 ? 1000 : g;
              case 2 -> 3 + Math.abs(g);
              case 3 -> -7.25f;
              case 4 -> g * 1e-5f;
              default -> 0;
            };
      }
      System.arraycopy(row, 0, w, r * columns, columns);
    }
    return w;
  }
}
