package org.viditq.core.pipeline.cache;

import java.util.Optional;
import org.viditq.core.tensor.Tensor;

/**
 * {@link AccumulatedChange} of inputs that lie in the Java heap. Immutable: a step that has to be
 * tried once more is decided as before.
 */
final class ChangeMeter {
  private final AccumulatedChange change;
  private final Optional<Tensor> before;

  private ChangeMeter(AccumulatedChange change, Optional<Tensor> before) {
    this.change = change;
    this.before = before;
  }

  /** In front of the first step. */
  static ChangeMeter start(double threshold, ChangeEstimate estimate) {
    return new ChangeMeter(AccumulatedChange.start(threshold, estimate), Optional.empty());
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
    double changed = before.map(earlier -> RelativeChange.of(earlier, input)).orElse(0.0);
    AccumulatedChange.Decision decision = change.at(changed, last);
    return new Decision(decision.computes(), new ChangeMeter(decision.next(), Optional.of(input)));
  }
}
