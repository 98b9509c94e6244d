package org.viditq.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.viditq.reference.TestData.codes;
import static org.viditq.reference.TestData.normal;
import static org.viditq.reference.TestData.quantize;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.core.error.ShapeException;
import org.viditq.core.quant.ActivationQuantization.DynamicToken;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.QuantizedActivations;
import org.viditq.core.quant.QuantizedWeight;

class IntegerProductTest {
  private static final int BOUND = 1 << 15;

  private final ReferenceOperators operators = new ReferenceOperators(2, 0);

  @AfterEach
  void close() {
    operators.close();
  }

  @ParameterizedTest
  @CsvSource({"1,1,1", "3,5,2", "17,33,9", "9,130,31"})
  void sumsCodesAsStored(int m, int k, int n) {
    for (IntegerFormat a : List.of(IntegerFormat.asymmetric(8), IntegerFormat.symmetric(8))) {
      for (IntegerFormat w : List.of(IntegerFormat.asymmetric(4), IntegerFormat.symmetric(6))) {
        QuantizedActivations activations = operators.quantize(normal(1, m, k), new DynamicToken(a));
        QuantizedWeight weight = quantize(normal(2, n, k), w);
        int[] sums = operators.accumulate(activations, weight);
        byte[] row = new byte[k];
        for (int i = 0; i < m; i++) {
          for (int j = 0; j < n; j++) {
            weight.codes().copyRow(j, row, 0);
            int expected = 0;
            for (int c = 0; c < k; c++) {
              expected += activations.code(i, c) * (w.symmetric() ? row[c] : row[c] & 0xff);
            }
            assertThat(sums[i * n + j]).isEqualTo(expected);
          }
        }
      }
    }
  }

  @Test
  void largestCodesFitAtTheBound() {
    assertThat(operators.accumulate(largest(BOUND), largestWeight(BOUND)))
        .containsExactly(255 * 255 * BOUND);
  }

  @Test
  void refusesMoreThanTheBound() {
    assertThatThrownBy(() -> operators.accumulate(largest(BOUND + 1), largestWeight(BOUND + 1)))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("32769");
  }

  @Test
  void refusesDifferentInnerExtents() {
    assertThatThrownBy(() -> operators.accumulate(largest(3), largestWeight(4)))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("[1, 3]")
        .hasMessageContaining("[1, 4]");
  }

  private static QuantizedActivations largest(int k) {
    return new QuantizedActivations(
        IntegerFormat.asymmetric(8),
        1,
        k,
        ones(k),
        new float[] {1},
        new int[] {0},
        new int[] {255 * k});
  }

  private static QuantizedWeight largestWeight(int k) {
    AffineGrid grid = new AffineGrid(IntegerFormat.asymmetric(8), new float[] {1}, new int[] {0});
    return new QuantizedWeight(codes(1, k, ones(k)), grid);
  }

  private static byte[] ones(int k) {
    byte[] codes = new byte[k];
    Arrays.fill(codes, (byte) 255);
    return codes;
  }
}
