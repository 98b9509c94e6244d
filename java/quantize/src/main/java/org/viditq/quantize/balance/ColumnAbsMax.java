package org.viditq.quantize.balance;

import org.viditq.core.checkpoint.StoredTensor;

/** Largest magnitude of each input channel of a weight matrix. */
public final class ColumnAbsMax {
  private ColumnAbsMax() {}

  /**
   * Reads one row at a time, so the matrix need not fit on the heap.
   *
   * @param weight [out, in]
   * @return max_o |W[o, c]|, [in]
   */
  public static float[] of(StoredTensor weight) {
    int rows = weight.shape().dim(0);
    int columns = weight.shape().dim(1);
    float[] max = new float[columns];
    float[] row = new float[columns];
    for (int r = 0; r < rows; r++) {
      weight.copyTo(r * columns, row, 0, columns);
      for (int c = 0; c < columns; c++) {
        max[c] = Math.max(max[c], Math.abs(row[c]));
      }
    }
    return max;
  }
}
