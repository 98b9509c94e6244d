package org.viditq.core.schedule;

import java.util.function.Supplier;
import org.viditq.core.tensor.Tensor;

/**
 * What a sample will about be in the end: the clean sample that the scheduler has predicted, or
 * where it computes none, the line through the samples before and after a step, extended to where
 * there is no noise. With x/α = x0 + (σ/α) ε that is the prediction of x0 itself for a step of DDIM
 * (Song et al., 2020, equation 13), and close to it for other solvers of the probability flow.
 *
 * @param before [B, C, ...] the sample before step {@code step}
 * @param after the same after it
 */
public record CleanEstimate(SamplingRun run, int step, Tensor before, Tensor after)
    implements Supplier<Tensor> {
  @Override
  public Tensor get() {
    return run.cleanSample().orElseGet(this::extended);
  }

  private Tensor extended() {
    double[] ratios = run.sigmas();
    double from = ratios[step];
    double to = ratios[step + 1];
    if (!Double.isFinite(from) || from == to) {
      return LinearCombination.of(1 / signal(to), after);
    }
    return LinearCombination.of(
        from / (from - to) / signal(to), after, -to / (from - to) / signal(from), before);
  }

  /** Variance exploding samples, which start from noise of another deviation, have α = 1. */
  private double signal(double ratio) {
    return run.initialNoiseSigma() == 1 ? SignalLevel.alpha(ratio) : 1;
  }
}
