package org.viditq.core.pipeline;

import java.util.Map;
import java.util.Optional;
import org.viditq.core.random.NoiseSource;
import org.viditq.core.schedule.LinearSteps;
import org.viditq.core.tensor.Tensor;

/**
 * A denoiser that can take the steps of a sampling itself, so that latents stay where it computes.
 */
public interface SamplingDenoiser extends Denoiser {
  /**
   * Takes all steps.
   *
   * @return the last sample, shaped as the first
   */
  Tensor sample(Sampling sampling);

  /**
   * A sampling.
   *
   * @param steps that are taken
   * @param latents the first sample [B, C, (T,) H, W], not scaled
   * @param conditions all inputs of the denoiser but latents and timesteps, for the whole batch:
   *     with guidance the negative half comes first
   * @param guidance empty without it, when the batch is that of the latents
   * @param noise asked once for each step that draws, in order
   * @param afterStep told about steps in order, possibly some steps late
   */
  record Sampling(
      LinearSteps steps,
      Tensor latents,
      Map<String, Tensor> conditions,
      Optional<Guidance> guidance,
      NoiseSource noise,
      AfterStep afterStep) {}

  /** Is told about steps that are done. */
  @FunctionalInterface
  interface AfterStep {
    /**
     * @param index into the steps
     * @param outputSize sum of magnitudes of the guided output; not finite if that is not
     * @throws org.viditq.core.error.NonFiniteException to end the sampling
     */
    void done(int index, float outputSize);
  }
}
