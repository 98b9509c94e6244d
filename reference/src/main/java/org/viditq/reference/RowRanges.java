package org.viditq.reference;

/**
 * Smallest and largest value of groups of rows, both clipped through zero.
 *
 * @param lo min(min x, 0) per group
 * @param hi max(max x, 0) per group
 */
record RowRanges(float[] lo, float[] hi) {
  /** Ranges of values [rows, columns], finite, where row r belongs to group r mod groups. */
  static RowRanges of(float[] values, int columns, int rows, int groups) {
    float[] lo = new float[groups];
    float[] hi = new float[groups];
    for (int row = 0; row < rows; row++) {
      float l = 0;
      float h = 0;
      for (int i = row * columns; i < (row + 1) * columns; i++) {
        l = Math.min(l, values[i]);
        h = Math.max(h, values[i]);
      }
      int group = row % groups;
      lo[group] = Math.min(lo[group], l);
      hi[group] = Math.max(hi[group], h);
    }
    return new RowRanges(lo, hi);
  }
}
