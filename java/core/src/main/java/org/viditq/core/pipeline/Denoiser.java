package org.viditq.core.pipeline;

import org.viditq.core.tensor.Tensor;

/** A diffusion model ready to be evaluated on a backend, in full precision or quantized. */
public interface Denoiser extends AutoCloseable {
  /**
   * Predicts the noise (or what the model was trained for).
   *
   * @return [B, Cout, H, W]; models with learned variances have Cout = 2C, variances behind
   */
  Tensor predict(DenoiserInput input);

  /** Channels of the latents. */
  int latentChannels();

  /** Channels of {@link #predict}. */
  int outputChannels();

  /** Releases the model. */
  @Override
  void close();
}
