package org.viditq.core.pipeline;

import java.util.ArrayList;
import java.util.List;
import org.viditq.core.model.vae.AutoencoderKl;
import org.viditq.core.operators.NonFiniteTracer;
import org.viditq.core.operators.Scope;
import org.viditq.core.tensor.Tensor;

/** Turns latents to pictures with the decoder of a variational autoencoder. */
final class LatentDecoder<V> {
  private static final int CHANNELS = 3;

  private final AutoencoderKl<V> autoencoder;
  private final NonFiniteTracer<V> operators;

  /**
   * @param operators those of the autoencoder
   */
  LatentDecoder(AutoencoderKl<V> autoencoder, NonFiniteTracer<V> operators) {
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
        int sample = i;
        images.add(toImage(operators.finite("the VAE", () -> decode(all, sample))));
        afterEach.run();
      }
    }
    return images;
  }

  private Tensor decode(V latents, int sample) {
    try (Scope<V> picture = operators.scope()) {
      V latent = autoencoder.unscale(operators.slice(latents, 0, sample, sample + 1));
      return operators.read(autoencoder.decode(latent));
    }
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
