package org.viditq.core.schedule;

import org.viditq.core.random.NoiseSource;
import org.viditq.core.tensor.Tensor;

/**
 * One sampling from noise to sample. Multistep solvers remember earlier predictions, so call {@link
 * #step} for indices 0, 1, ... in order.
 */
public interface SamplingRun {
  /**
   * The times of the denoiser evaluations, noisiest first, in training steps (0 to 1000; fractional
   * for continuous-time solvers). A copy.
   */
  double[] timesteps();

  /** Standard deviation of the noise that sampling starts from. */
  default double initialNoiseSigma() {
    return 1;
  }

  /** What the denoiser is given for {@code sample} at a step. */
  default Tensor scaleModelInput(Tensor sample, int stepIndex) {
    return sample;
  }

  /**
   * Advances the sample by one step.
   *
   * @param modelOutput the denoiser's (guided) prediction, shaped like the sample; with twice its
   *     channels if {@link Scheduler#usesLearnedVariance()}
   * @param stepIndex index into {@link #timesteps()}
   * @param sample the current sample [B, C, ...]
   * @param noise asked for noise of the sample's shape, once at most, where the method is
   *     stochastic
   * @throws org.viditq.core.error.ShapeException if output and sample do not fit
   * @throws IllegalStateException if steps are taken out of order
   */
  Tensor step(Tensor modelOutput, int stepIndex, Tensor sample, NoiseSource noise);
}
