package org.viditq.core.schedule;

/**
 * A sampler of the diffusion process: how noise becomes a sample through a number of denoiser
 * evaluations. Immutable; each sampling has its own {@link SamplingRun}.
 */
public interface Scheduler {
  /**
   * Starts sampling with {@code steps} denoiser evaluations.
   *
   * @throws org.viditq.core.error.UsageException if the scheduler cannot take that many steps
   */
  SamplingRun start(int steps);

  /**
   * Whether {@link SamplingRun#step} wants the denoiser's variance channels behind its prediction
   * (variance type learned_range): model output [B, 2C, ...] instead of [B, C, ...].
   */
  default boolean usesLearnedVariance() {
    return false;
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
