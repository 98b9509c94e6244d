package org.viditq.core.pipeline;

import java.util.ArrayList;
import java.util.List;
import org.viditq.core.model.vae.AutoencoderKl;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.Scope;
import org.viditq.core.tensor.Tensor;

/** Turns latents to pictures with the decoder of a variational autoencoder. */
final class LatentDecoder<V> {
  private static final int CHANNELS = 3;

  private final AutoencoderKl<V> autoencoder;
  private final Operators<V> operators;

  LatentDecoder(AutoencoderKl<V> autoencoder, Operators<V> operators) {
    this.autoencoder = autoencoder;
    this.operators = operators;
  }

  /**
   * Decodes latents [B, C, h, w] one by one, so that a large batch needs no more working memory
   * than one picture.
   */
  List<Image> decode(Tensor latents, Runnable afterEach) {
    List<Image> images = new ArrayList<>();
    try (Scope<V> batch = operators.scope()) {
      V all = operators.constant(latents);
      for (int i = 0; i < latents.dim(0); i++) {
        try (Scope<V> picture = operators.scope()) {
          V latent = autoencoder.unscale(operators.slice(all, 0, i, i + 1));
          images.add(toImage(operators.read(autoencoder.decode(latent))));
        }
        afterEach.run();
      }
    }
    return images;
  }

  /** From [1, 3, H, W] in -1..1 to [H, W, 3] in 0..1. */
  private static Image toImage(Tensor decoded) {
    int height = decoded.dim(2);
    int width = decoded.dim(3);
    float[] planes = decoded.data();
    float[] pixels = new float[planes.length];
    for (int c = 0; c < CHANNELS; c++) {
      for (int i = 0; i < height * width; i++) {
        float value = planes[c * height * width + i] / 2 + 0.5f;
        pixels[i * CHANNELS + c] = Math.max(0, Math.min(1, value));
      }
    }
    return new Image(Tensor.of(pixels, height, width, CHANNELS));
  }
}
