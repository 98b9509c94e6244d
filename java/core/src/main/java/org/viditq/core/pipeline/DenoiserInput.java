package org.viditq.core.pipeline;

import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Tensor;

/**
 * One denoiser evaluation.
 *
 * @param latents [B, C, H, W], scaled as the scheduler wants it
 * @param timestep 0 to 1000, the same for the whole batch
 * @param captions one encoded text per sample
 * @param height of the picture, pixels
 * @param width of the picture, pixels
 */
public record DenoiserInput(
    Tensor latents, double timestep, TextEmbeddings captions, int height, int width) {
  public DenoiserInput {
    if (latents.shape().rank() != 4 || latents.dim(0) != captions.count()) {
      throw new ShapeException(
          "Denoiser: latents "
              + latents.shape()
              + " do not go with "
              + captions.count()
              + " captions.");
    }
  }
}
