package org.viditq.core.schedule;

import java.util.Optional;
import org.viditq.core.random.NoiseSource;
import org.viditq.core.tensor.Tensor;

/**
 * One sampling from noise to sample. Most solvers remember earlier predictions, so call {@link
 * #step} for indices 0, 1, ... in order.
 *
 * <p>Samples are scaled in one of two ways. Variance preserving: x = α x0 + σ ε with α² + σ² = 1.
 * Variance exploding (Euler and Heun): x = x0 + (σ/α) ε; only these scale the denoiser's input.
 */
public interface SamplingRun {
  /**
   * The times of the denoiser evaluations, noisiest first, in training steps (0 to 1000; fractional
   * for solvers on noise levels and in continuous time). Their number is that of the steps, which
   * for methods with several evaluations per step is larger than the number asked for. A copy.
   */
  double[] timesteps();

  /**
   * Noise to signal ratios σ/α before every step and after the last: one more than timesteps, 0
   * where sampling ends without noise, infinite where it starts without signal. A copy.
   */
  double[] sigmas();

  /** Standard deviation of the noise that sampling starts from. */
  default double initialNoiseSigma() {
    return 1;
  }

  /** What sampling starts from: standard normal noise times {@link #initialNoiseSigma()}. */
  default Tensor initialSample(Tensor noise) {
    double sigma = initialNoiseSigma();
    return sigma == 1 ? noise : LinearCombination.of(sigma, noise);
  }

  /**
   * A known sample with noise added as it is before step {@code stepIndex}: what image-to-image
   * starts from at {@link #begin}.
   *
   * @throws org.viditq.core.error.ShapeException if noise and sample differ in shape
   */
  default Tensor noisy(Tensor clean, Tensor noise, int stepIndex) {
    ModelOutputs.requireSameShape(noise, clean);
    double ratio = sigmas()[stepIndex];
    return LinearCombination.of(SignalLevel.alpha(ratio), clean, SignalLevel.sigma(ratio), noise);
  }

  /**
   * Leaves out the steps before {@code stepIndex}, as image-to-image does. Multistep solvers then
   * start with low orders there.
   *
   * @throws IllegalStateException if a step has been taken, or there is no such step
   */
  void begin(int stepIndex);

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
   *     stochastic; at the steps and in the order in which diffusers draws, so that a generator of
   *     the same seed gives the same sample
   * @throws org.viditq.core.error.ShapeException if output and sample do not fit
   * @throws IllegalStateException if steps are taken out of order
   */
  Tensor step(Tensor modelOutput, int stepIndex, Tensor sample, NoiseSource noise);

  /**
   * The clean sample that the last step has predicted; empty where the method does not compute one
   * on its way.
   */
  default Optional<Tensor> cleanSample() {
    return Optional.empty();
  }
}
