package org.viditq.core.pipeline.cache;

import java.util.List;

/**
 * How much the blocks' residual changes from one step to the next, estimated from how much their
 * input does: a polynomial fitted to a model. Liu et al., "Timestep Embedding Tells: It's Time to
 * Cache for Video Diffusion Model" (TeaCache, 2024), section 3.3.
 *
 * @param coefficients of the polynomial, that of the constant first
 * @param from smallest change of the input that it was fitted to
 * @param to largest one; outside of both the nearest of them counts, as a polynomial says nothing
 *     there
 */
public record ChangeEstimate(List<Double> coefficients, double from, double to) {
  /** Without a fit: the residual changes as much as the input. */
  public static final ChangeEstimate IDENTITY =
      new ChangeEstimate(List.of(0.0, 1.0), 0, Double.MAX_VALUE);

  public ChangeEstimate {
    coefficients = List.copyOf(coefficients);
    boolean finite =
        coefficients.stream().allMatch(Double::isFinite)
            && Double.isFinite(from)
            && Double.isFinite(to);
    if (coefficients.isEmpty() || !finite || from < 0 || from > to) {
      throw new IllegalArgumentException(
          "Coefficients " + coefficients + " from " + from + " to " + to);
    }
  }

  /**
   * The estimate; never below 0.
   *
   * @param change relative L1 change of the input, 0 or more
   */
  public double of(double change) {
    double x = Math.min(Math.max(change, from), to);
    double value = 0;
    for (int i = coefficients.size() - 1; i >= 0; i--) {
      value = value * x + coefficients.get(i);
    }
    return Math.max(0, value);
  }
}
