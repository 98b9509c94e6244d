package org.viditq.bench.report;

import java.util.Arrays;

/** The middle of measured times, which outliers do not move. */
public final class Median {
  private Median() {}

  /**
   * @param values at least one; of an even number of them, the mean of the two in the middle
   */
  public static double of(long[] values) {
    long[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2.0;
  }
}
