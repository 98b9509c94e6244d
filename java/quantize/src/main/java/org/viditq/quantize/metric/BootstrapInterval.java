package org.viditq.quantize.metric;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Percentile bootstrap interval of a mean (B. Efron, Bootstrap Methods: Another Look at the
 * Jackknife, 1979): means of resamples with replacement, of which a fortieth lies below and a
 * fortieth above. The same for the same values, as its random numbers are.
 *
 * @param low end of the 95 % interval
 * @param high its other end
 */
public record BootstrapInterval(double low, double high) {
  private static final int RESAMPLES = 2000;
  private static final long SEED = 20;
  private static final double TAIL = 0.025;

  /**
   * @param values at least one, finite; of a single one the interval is itself
   */
  public static BootstrapInterval of(double[] values) {
    if (values.length == 0) {
      throw new IllegalArgumentException("Bootstrap: there are no values.");
    }
    SplittableRandom random = new SplittableRandom(SEED);
    double[] means = new double[RESAMPLES];
    for (int i = 0; i < RESAMPLES; i++) {
      double sum = 0;
      for (int k = 0; k < values.length; k++) {
        sum += values[random.nextInt(values.length)];
      }
      means[i] = sum / values.length;
    }
    Arrays.sort(means);
    int tail = (int) (TAIL * RESAMPLES);
    return new BootstrapInterval(means[tail], means[RESAMPLES - 1 - tail]);
  }
}
