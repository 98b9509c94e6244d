package org.viditq.quantize.calibrate;

import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.MinMaxGrid;

/**
 * How often values occur, in {@value #BINS} equal bins about zero. When a value lies beyond, bins
 * become twice as wide, two of them one.
 */
final class ValueHistogram {
  private static final int BINS = 1 << 13;
  private static final int HALF = BINS / 2;

  /** Of the range, from all of it down to a fifth, as Q-Diffusion's search has them. */
  private static final int CANDIDATES = 81;

  private static final float STEP = 0.01f;

  private long[] counts = new long[BINS];
  private double width;
  private float lo;
  private float hi;

  /** Takes in finite values. */
  void add(float[] values) {
    for (float value : values) {
      lo = Math.min(lo, value);
      hi = Math.max(hi, value);
    }
    double limit = Math.max(-(double) lo, hi);
    if (width == 0) {
      width = limit == 0 ? 0 : Math.scalb(1.0, Math.getExponent(limit) + 1) / HALF;
    }
    while (width > 0 && limit >= width * HALF) {
      widen();
    }
    for (float value : values) {
      counts[width == 0 ? HALF : bin(value)]++;
    }
  }

  private int bin(float value) {
    return HALF + (int) Math.floor(value / width);
  }

  private void widen() {
    long[] wider = new long[BINS];
    for (int i = 0; i < BINS; i++) {
      wider[HALF + Math.floorDiv(i - HALF, 2)] += counts[i];
    }
    counts = wider;
    width *= 2;
  }

  /**
   * Of the ranges p [lo, hi], p = 1, 0.99, ..., 0.2, the one on whose {@link MinMaxGrid} the values
   * have the smallest squared error; of equal ones the widest.
   */
  AffineGrid search(IntegerFormat format) {
    AffineGrid best = null;
    double smallest = Double.POSITIVE_INFINITY;
    for (int i = 0; i < CANDIDATES; i++) {
      float factor = 1 - STEP * i;
      AffineGrid grid = MinMaxGrid.of(format, new float[] {lo * factor}, new float[] {hi * factor});
      double error = error(grid);
      if (error < smallest) {
        smallest = error;
        best = grid;
      }
    }
    return best;
  }

  private double error(AffineGrid grid) {
    double sum = 0;
    for (int i = 0; i < BINS; i++) {
      if (counts[i] > 0) {
        float middle = (float) ((i - HALF + 0.5) * width);
        double error = (double) grid.decode(0, grid.encode(0, middle)) - middle;
        sum += counts[i] * error * error;
      }
    }
    return sum;
  }
}
