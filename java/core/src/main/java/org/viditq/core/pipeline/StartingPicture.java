package org.viditq.core.pipeline;

import org.viditq.core.error.ShapeException;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.vae.DiagonalGaussian;
import org.viditq.core.tensor.Tensor;

/**
 * A picture that sampling starts from (image-to-image). Meng et al., "SDEdit: Guided Image
 * Synthesis and Editing with Stochastic Differential Equations", 2022: noise is added to it as at a
 * step in the middle, and sampling goes on from there, as in diffusers' image-to-image pipelines.
 *
 * @param latents distribution of its latents, [1, C, h, w], as the encoder gives it
 * @param scalingFactor of the autoencoder
 * @param strength share of the steps that are taken, from 0 (exclusive) to 1 (all of them, from
 *     nearly nothing but noise)
 */
public record StartingPicture(DiagonalGaussian latents, double scalingFactor, double strength) {
  /** More cannot be asked for: schedulers have a thousand timesteps. */
  private static final int MOST_STEPS = 1000;

  public StartingPicture {
    if (latents.mean().dim(0) != 1) {
      throw new ShapeException(
          "Sampling starts from one picture, not from latents " + latents.mean().shape() + ".");
    }
    requireStrength(strength);
  }

  private static void requireStrength(double strength) {
    if (!(strength > 0 && strength <= 1)) {
      throw new UsageException(
          "The strength is " + strength + ", but must be above 0 and at most 1.");
    }
  }

  /**
   * The first step that is taken, as diffusers' {@code get_timesteps} counts.
   *
   * @throws UsageException if the strength is out of range or leaves no step
   */
  public static int firstStep(int steps, double strength) {
    requireStrength(strength);
    int taken = Math.min((int) (steps * strength), steps);
    if (taken < 1) {
      throw new UsageException(
          "A strength of "
              + strength
              + " leaves none of "
              + steps
              + (steps == 1 ? " step" : " steps")
              + " to be taken; ask for "
              + (strength < 1.0 / MOST_STEPS
                  ? ""
                  : "at least " + stepsFor(strength) + " steps, or ")
              + "a larger strength.");
    }
    return steps - taken;
  }

  /** The fewest steps of which one is taken. */
  private static int stepsFor(double strength) {
    int needed = (int) Math.ceil(1 / strength);
    while ((int) (needed * strength) < 1) {
      needed++;
    }
    return needed;
  }

  /** As {@link #firstStep(int, double)} with this strength. */
  int firstStep(int steps) {
    return firstStep(steps, strength);
  }

  /**
   * Latents of the picture as the denoiser knows them, a draw from their distribution per sample.
   *
   * @param noise standard normal, [B, C, h, w]
   * @return likewise
   */
  Tensor sample(Tensor noise) {
    Tensor mean = latents.mean();
    int size = mean.size();
    if (noise.size() % size != 0 || noise.dim(1) != mean.dim(1) || noise.dim(3) != mean.dim(3)) {
      throw new ShapeException(
          "A picture with latents "
              + mean.shape()
              + " cannot start pictures with latents "
              + noise.shape()
              + ".");
    }
    float[] deviation = latents.standardDeviation().data();
    float factor = (float) scalingFactor;
    float[] result = new float[noise.size()];
    for (int i = 0; i < result.length; i++) {
      result[i] = factor * (mean.data()[i % size] + deviation[i % size] * noise.data()[i]);
    }
    return Tensor.of(noise.shape(), result);
  }
}
