package org.viditq.quantize.metric;

import org.viditq.core.tensor.Tensor;

/**
 * Kullback-Leibler divergence of the histograms of two sets of values, in nats.
 *
 * <p>Both sets are counted in equal bins over their common range, the last bin closed on the right;
 * frequencies plus 1e-10 are renormalised, so that empty bins do not make it infinite.
 *
 * @param edges [bins + 1]
 * @param referenceCounts [bins]
 * @param testCounts [bins]
 */
public record HistogramDivergence(double[] edges, long[] referenceCounts, long[] testCounts) {
  private static final double SMOOTHING = 1e-10;

  /**
   * @param bins number of bins, at least 1
   * @throws org.viditq.core.error.ShapeException if one of the sets is empty
   */
  public static HistogramDivergence of(Tensor reference, Tensor test, int bins) {
    Pairs.requireValues("Histogram", reference);
    Pairs.requireValues("Histogram", test);
    if (bins < 1) {
      throw new IllegalArgumentException("Histogram: " + bins + " bins; there must be at least 1.");
    }
    double low = Math.min(extreme(reference, -1), extreme(test, -1));
    double high = Math.max(extreme(reference, 1), extreme(test, 1));
    if (low == high) {
      low -= 0.5;
      high += 0.5;
    }
    double[] edges = new double[bins + 1];
    for (int i = 0; i <= bins; i++) {
      edges[i] = i == bins ? high : low + i * ((high - low) / bins);
    }
    return new HistogramDivergence(edges, count(reference, edges), count(test, edges));
  }

  /** Largest value for sign 1, smallest for sign -1. */
  private static double extreme(Tensor tensor, int sign) {
    double best = Double.NEGATIVE_INFINITY;
    for (float value : tensor.data()) {
      best = Math.max(best, (double) sign * value);
    }
    return sign * best;
  }

  private static long[] count(Tensor tensor, double[] edges) {
    int bins = edges.length - 1;
    double low = edges[0];
    double binsPerUnit = bins / (edges[bins] - low);
    long[] counts = new long[bins];
    for (float value : tensor.data()) {
      int bin = Math.max(0, Math.min(bins - 1, (int) ((value - low) * binsPerUnit)));
      // The division may be off by one bin at an edge; the edges decide.
      if (value < edges[bin]) {
        bin--;
      } else if (bin < bins - 1 && value >= edges[bin + 1]) {
        bin++;
      }
      counts[bin]++;
    }
    return counts;
  }

  /** Σ p ln(p / q), p of the reference and q of the test; 0 for equal histograms. */
  public double divergence() {
    double[] p = probabilities(referenceCounts);
    double[] q = probabilities(testCounts);
    double sum = 0;
    for (int i = 0; i < p.length; i++) {
      sum += p[i] * Math.log(p[i] / q[i]);
    }
    return sum;
  }

  private static double[] probabilities(long[] counts) {
    double total = 0;
    for (long count : counts) {
      total += count;
    }
    double[] probabilities = new double[counts.length];
    double sum = 0;
    for (int i = 0; i < counts.length; i++) {
      probabilities[i] = counts[i] / total + SMOOTHING;
      sum += probabilities[i];
    }
    for (int i = 0; i < counts.length; i++) {
      probabilities[i] /= sum;
    }
    return probabilities;
  }
}
