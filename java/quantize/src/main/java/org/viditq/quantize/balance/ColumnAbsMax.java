package org.viditq.quantize.balance;

import java.util.Optional;
import org.viditq.core.checkpoint.StoredTensor;

/** Largest magnitude of each input channel of a weight matrix. */
public final class ColumnAbsMax {
  private ColumnAbsMax() {}

  /**
   * Reads one row at a time, so the matrix need not fit on the heap.
   *
   * @param weight [out, in]
   * @return max_o |W[o, c]|, [in]
   * @throws org.viditq.core.error.NonFiniteException if the weight holds NaN or infinity, naming it
   */
  public static float[] of(StoredTensor weight) {
    BalancedRows rows = new BalancedRows(weight, Optional.empty());
    float[] max = new float[BalancedRows.columns(weight)];
    for (int r = 0; r < rows.count(); r++) {
      float[] row = rows.read(r);
      for (int c = 0; c < max.length; c++) {
        max[c] = Math.max(max[c], Math.abs(row[c]));
      }
    }
    return max;
  }
}
