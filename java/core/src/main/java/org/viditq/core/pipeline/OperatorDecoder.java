package org.viditq.core.pipeline;

import org.viditq.core.model.vae.AutoencoderKl;
import org.viditq.core.operators.NonFiniteTracer;
import org.viditq.core.operators.Scope;
import org.viditq.core.tensor.Tensor;

/** The decoder of an autoencoder on operators that compute at once, which stay open. */
final class OperatorDecoder<V> implements DecoderNetwork {
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
  public void close() {
    // What was prepared belongs to the operators.
  }
}
