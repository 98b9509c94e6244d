package org.viditq.core.pipeline;

import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.tensor.Tensor;

/** A diffusion model ready to be evaluated on a backend, in full precision or quantized. */
public interface Denoiser extends AutoCloseable {
  /** What is evaluated. */
  DenoiserModel model();

  /**
   * Makes ready what evaluations of such extents need, where that takes long: engines. Evaluations
   * do it otherwise; the default has nothing to do.
   *
   * @param progress told how far it is
   */
  default void prepare(DenoiserInput like, ProgressListener progress) {}

  /**
   * Predicts the noise (or what the model was trained for).
   *
   * @return [B, C', (T,) H, W]; models with learned variances have C' = 2C, variances behind
   */
  Tensor predict(DenoiserInput input);

  /** Releases the model. */
  @Override
  void close();
}
