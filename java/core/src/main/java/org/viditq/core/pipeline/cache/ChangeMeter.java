package org.viditq.core.pipeline.cache;

import java.util.Optional;
import org.viditq.core.tensor.Tensor;

/**
 * Decides at which steps the blocks of one picture are computed: where the estimated changes of
 * their input since they were last computed add up to the threshold, and at the first and the last
 * step (TeaCache, see {@link ChangeEstimate}). Immutable: a step that has to be tried once more is
 * decided as before.
 */
final class ChangeMeter {
  private final double threshold;
  private final ChangeEstimate estimate;
  private final Optional<Tensor> before;
  private final double accumulated;

  private ChangeMeter(
      double threshold, ChangeEstimate estimate, Optional<Tensor> before, double accumulated) {
    this.threshold = threshold;
    this.estimate = estimate;
    this.before = before;
    this.accumulated = accumulated;
  }

  /** In front of the first step. */
  static ChangeMeter start(double threshold, ChangeEstimate estimate) {
    return new ChangeMeter(threshold, estimate, Optional.empty(), 0);
  }

  /**
   * @param computes whether the blocks are computed
   * @param next decides the next step
   */
  record Decision(boolean computes, ChangeMeter next) {}

  /**
   * @param input of the blocks in this step
   * @param last whether there is no step behind
   */
  Decision at(Tensor input, boolean last) {
    double changed =
        before
            .map(earlier -> accumulated + estimate.of(RelativeChange.of(earlier, input)))
            .orElse(Double.POSITIVE_INFINITY);
    boolean computes = last || !(changed < threshold);
    return new Decision(
        computes, new ChangeMeter(threshold, estimate, Optional.of(input), computes ? 0 : changed));
  }
}
