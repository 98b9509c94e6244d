package org.viditq.core.schedule;

import org.viditq.core.error.UsageException;

/**
 * A sampler of the diffusion process: how noise becomes a sample through a number of denoiser
 * evaluations. Immutable; each sampling has its own {@link SamplingRun}.
 */
public interface Scheduler {
  /** The noise that the denoiser was trained with. */
  BetaSchedule betas();

  /**
   * Starts sampling with {@code steps} steps, which are as many denoiser evaluations for all
   * methods but Heun's and Runge-Kutta's.
   *
   * @throws UsageException if the scheduler cannot take that many steps
   */
  SamplingRun start(int steps);

  /**
   * Starts sampling at training steps of the caller's choice, as published for distilled weights.
   *
   * @param timesteps descending, from 0 to less than the number of training steps
   * @throws UsageException if they are not, or the scheduler as configured chooses its own
   */
  default SamplingRun startAt(double... timesteps) {
    throw new UsageException(
        "This scheduler takes no timesteps of one's own; choose another one with --scheduler, for"
            + " example ddpm, lcm, euler or dpmsolver++.");
  }

  /**
   * Starts sampling at noise levels of the caller's choice.
   *
   * @param sigmas noise to signal ratios, descending, one more than steps; the last may be 0
   * @throws UsageException if they are not, or the scheduler as configured chooses its own
   */
  default SamplingRun startAtSigmas(double... sigmas) {
    throw new UsageException(
        "This scheduler takes no sigmas of one's own; choose euler with --scheduler.");
  }

  /**
   * Whether {@link SamplingRun#step} wants the denoiser's variance channels behind its prediction
   * (variance type learned_range): model output [B, 2C, ...] instead of [B, C, ...].
   */
  default boolean usesLearnedVariance() {
    return false;
  }

  /**
   * Denoiser evaluations that a step counts as where image-to-image leaves steps out: diffusers'
   * {@code order}, 1 for all but Heun's method, multistep and pseudo Runge-Kutta methods included.
   */
  default int order() {
    return 1;
  }

  /**
   * How many of the sample's leading channels classifier-free guidance applies to; the others keep
   * the conditional prediction. All but for IDDPM.
   *
   * @param channels of the sample
   */
  default int guidedChannels(int channels) {
    return channels;
  }
}
