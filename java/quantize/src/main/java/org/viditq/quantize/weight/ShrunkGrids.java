package org.viditq.quantize.weight;

import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.MinMaxGrid;
import org.viditq.core.quant.SmallScaleRule;

/**
 * The search of {@link org.viditq.quantize.plan.WeightGrid#MSE_SEARCH}: of the ranges p [lo, hi], p
 * = 1, 0.98, ..., 0.4, the one on whose {@link MinMaxGrid} rounding to nearest has the smallest
 * squared error; of equal ones the widest. Values beyond the range clip.
 */
final class ShrunkGrids {
  private static final int STEPS = 30;
  private static final float STEP = 0.02f;

  private ShrunkGrids() {}

  /**
   * The grid of one output channel.
   *
   * @param row the channel's weights, finite
   * @param importance factor of each weight's squared error; null for 1
   */
  static AffineGrid search(IntegerFormat format, float[] row, double[] importance) {
    return search(format, row, importance, null);
  }

  /**
   * As {@link #search(IntegerFormat, float[], double[])}, by the mean squared error of the output.
   */
  static AffineGrid search(IntegerFormat format, float[] row, ChannelMoments input) {
    return search(format, row, input.variance(), input.mean());
  }

  private static AffineGrid search(
      IntegerFormat format, float[] row, double[] importance, double[] mean) {
    float lo = 0;
    float hi = 0;
    for (float value : row) {
      lo = Math.min(lo, value);
      hi = Math.max(hi, value);
    }
    AffineGrid best = null;
    double smallest = Double.POSITIVE_INFINITY;
    for (int i = 0; i <= STEPS; i++) {
      float factor = 1 - STEP * i;
      AffineGrid grid = grid(format, lo * factor, hi * factor);
      double error = error(grid, row, importance, mean, smallest);
      if (error < smallest) {
        smallest = error;
        best = grid;
      }
    }
    return best == null ? grid(format, lo, hi) : best;
  }

  private static AffineGrid grid(IntegerFormat format, float lo, float hi) {
    return MinMaxGrid.of(format, new float[] {lo}, new float[] {hi}, SmallScaleRule.PER_GROUP);
  }

  /** Stops where it is no longer below {@code bound}. */
  private static double error(
      AffineGrid grid, float[] row, double[] importance, double[] mean, double bound) {
    double sum = 0;
    double together = 0;
    for (int c = 0; c < row.length && sum < bound; c++) {
      double error = (double) grid.decode(0, grid.encode(0, row[c])) - row[c];
      sum += error * error * (importance == null ? 1 : importance[c]);
      together += mean == null ? 0 : error * mean[c];
    }
    return sum + together * together;
  }
}
