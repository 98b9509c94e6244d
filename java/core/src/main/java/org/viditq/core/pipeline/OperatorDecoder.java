package org.viditq.core.pipeline;

import org.viditq.core.model.vae.AutoencoderKl;
import org.viditq.core.operators.NonFiniteTracer;
import org.viditq.core.operators.Scope;
import org.viditq.core.tensor.Tensor;

/** The decoder of an autoencoder on operators that compute at once, which stay open. */
final class OperatorDecoder<V> implements DecoderNetwork {
  /**
   * Pixels of small frames that are decoded together: by themselves they are so little work that
   * threads wait for each other most of the time, and more than these do not stay in caches.
   */
  private static final long PIXELS_TOGETHER = 128 * 128;

  private final AutoencoderKl<V> autoencoder;
  private final NonFiniteTracer<V> operators;

  /**
   * @param operators those of the autoencoder
   */
  OperatorDecoder(AutoencoderKl<V> autoencoder, NonFiniteTracer<V> operators) {
    this.autoencoder = autoencoder;
    this.operators = operators;
  }

  @Override
  public Tensor decode(Tensor latents, ProgressListener progress) {
    return operators.finite(
        "the VAE",
        () -> {
          try (Scope<V> scope = operators.scope()) {
            V unscaled = autoencoder.unscale(operators.constant(latents));
            return operators.read(autoencoder.decodeClips(unscaled, latents.dim(0)));
          }
        });
  }

  @Override
  public int framesTogether(long pixels) {
    return (int) Math.max(1, PIXELS_TOGETHER / pixels);
  }

  @Override
  public void close() {
    // What was prepared belongs to the operators.
  }
}
