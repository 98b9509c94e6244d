package org.viditq.reference;

import static org.viditq.reference.Operands.require;

import org.viditq.core.error.ShapeException;
import org.viditq.core.quant.QuantizedActivations;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.tensor.Shape;

/** The int32 product of codes, as integer kernels compute it. */
final class IntegerProduct {
  /** Products of 8-bit codes are below 2^16, so that 2^15 of them stay below 2^31. */
  private static final int MAX_INNER = 1 << 15;

  private static final int BLOCK_ROWS = 8;

  private IntegerProduct() {}

  static int[] compute(Workers workers, QuantizedActivations a, QuantizedWeight w) {
    int inner = a.columns();
    int rows = a.rows();
    int columns = w.codes().rows();
    require(
        inner == w.codes().columns(),
        "accumulate",
        "codes [M, K] and weight codes [N, K]",
        Shape.of(rows, inner),
        Shape.of(columns, w.codes().columns()));
    if (inner > MAX_INNER) {
      throw new ShapeException(
          "accumulate cannot sum K = " + inner + " products in int32; the bound is 2^15.");
    }
    int[] result = new int[Shape.of(rows, columns).size()];
    byte[] weight = new byte[columns * inner];
    for (int n = 0; n < columns; n++) {
      w.codes().copyRow(n, weight, n * inner);
    }
    int mask = w.grid().format().symmetric() ? -1 : 0xff;
    workers.forEachBlock(
        rows,
        BLOCK_ROWS,
        (from, to) -> {
          for (int m = from; m < to; m++) {
            for (int n = 0; n < columns; n++) {
              int sum = 0;
              for (int k = 0; k < inner; k++) {
                sum += a.code(m, k) * (weight[n * inner + k] & mask);
              }
              result[m * columns + n] = sum;
            }
          }
        });
    return result;
  }
}
