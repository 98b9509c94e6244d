package org.viditq.core.pipeline;

import org.viditq.core.error.UsageException;
import org.viditq.core.model.vae.AutoencoderKl;
import org.viditq.core.model.vae.DiagonalGaussian;
import org.viditq.core.operators.NonFiniteTracer;
import org.viditq.core.operators.Scope;
import org.viditq.core.tensor.Tensor;

/** Turns pictures to latents with the encoder of a variational autoencoder. */
final class PictureEncoder<V> {
  private static final int CHANNELS = 3;

  /** As much as is decoded at a time; there is no encoding by tiles. */
  private static final long MOST_PIXELS = 2048L * 2048;

  private final AutoencoderKl<V> autoencoder;
  private final NonFiniteTracer<V> operators;

  /**
   * @param operators those of the autoencoder
   */
  PictureEncoder(AutoencoderKl<V> autoencoder, NonFiniteTracer<V> operators) {
    this.autoencoder = autoencoder;
    this.operators = operators;
  }

  /**
   * @return distribution of [1, C, h, w]
   * @throws UsageException if the picture is too large, or its sides are no multiples of the
   *     encoder's factor
   */
  DiagonalGaussian encode(Image picture) {
    if ((long) picture.height() * picture.width() > MOST_PIXELS) {
      throw new UsageException(
          "A picture of "
              + picture.width()
              + " x "
              + picture.height()
              + " pixels is too large to start from; ask for at most 2048 x 2048 with --width and"
              + " --height.");
    }
    Tensor moments =
        operators.finite(
            "the VAE's encoder",
            () -> {
              try (Scope<V> scope = operators.scope()) {
                return operators.read(autoencoder.moments(operators.constant(planes(picture))));
              }
            });
    return DiagonalGaussian.ofMoments(moments);
  }

  /** [1, 3, H, W] in -1..1. */
  private static Tensor planes(Image picture) {
    float[] pixels = picture.pixels().data();
    int plane = picture.height() * picture.width();
    float[] planes = new float[pixels.length];
    for (int i = 0; i < plane; i++) {
      for (int c = 0; c < CHANNELS; c++) {
        planes[c * plane + i] = 2 * pixels[i * CHANNELS + c] - 1;
      }
    }
    return Tensor.of(planes, 1, CHANNELS, picture.height(), picture.width());
  }
}
