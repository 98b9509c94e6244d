package org.viditq.quantize.weight;

/** Sums of rows of a matrix, added in order, so that they do not depend on how they are cut. */
final class RowSums {
  private RowSums() {}

  /** Adds {@code factor} times a part of a row to the same part of {@code target}. */
  static void add(
      double[] target, int from, int to, double[] matrix, int columns, int row, double factor) {
    int at = row * columns;
    for (int i = from; i < to; i++) {
      target[i] += factor * matrix[at + i];
    }
  }

  /**
   * Adds the first {@code count} rows, each times its factor, to a part of {@code target}; as if
   * one after the other.
   */
  static void add(
      double[] target,
      int from,
      int to,
      double[] matrix,
      int columns,
      int[] rows,
      double[] factors,
      int count) {
    int k = 0;
    for (; k + 4 <= count; k += 4) {
      int a = rows[k] * columns;
      int b = rows[k + 1] * columns;
      int c = rows[k + 2] * columns;
      int d = rows[k + 3] * columns;
      double fa = factors[k];
      double fb = factors[k + 1];
      double fc = factors[k + 2];
      double fd = factors[k + 3];
      for (int i = from; i < to; i++) {
        target[i] =
            target[i]
                + fa * matrix[a + i]
                + fb * matrix[b + i]
                + fc * matrix[c + i]
                + fd * matrix[d + i];
      }
    }
    for (; k < count; k++) {
      add(target, from, to, matrix, columns, rows[k], factors[k]);
    }
  }
}
