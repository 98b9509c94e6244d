package org.viditq.core.pipeline.cache;

/**
 * Decides at which steps the blocks of one picture are computed: where the estimated changes of
 * their input since they were last computed add up to the threshold, and at the first and the last
 * step (TeaCache, see {@link ChangeEstimate}). Immutable: a step that has to be tried once more is
 * decided as before.
 */
public final class AccumulatedChange {
  private final double threshold;
  private final ChangeEstimate estimate;
  private final double sum;

  private AccumulatedChange(double threshold, ChangeEstimate estimate, double sum) {
    this.threshold = threshold;
    this.estimate = estimate;
    this.sum = sum;
  }

  /** In front of the first step, which computes them whatever its change is. */
  public static AccumulatedChange start(double threshold, ChangeEstimate estimate) {
    return new AccumulatedChange(threshold, estimate, Double.POSITIVE_INFINITY);
  }

  /**
   * @param computes whether the blocks are computed
   * @param next decides the next step
   */
  public record Decision(boolean computes, AccumulatedChange next) {}

  /**
   * @param change of the blocks' input since the step before, see {@link RelativeChange}
   * @param last whether there is no step behind
   */
  public Decision at(double change, boolean last) {
    double changed = sum + estimate.of(change);
    boolean computes = last || !(changed < threshold); // what is not a number is computed
    return new Decision(
        computes, new AccumulatedChange(threshold, estimate, computes ? 0 : changed));
  }
}
