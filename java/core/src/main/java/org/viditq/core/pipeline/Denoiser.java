package org.viditq.core.pipeline;

import org.viditq.core.error.UsageException;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.pipeline.cache.EvaluationCount;
import org.viditq.core.pipeline.cache.StepCaching;
import org.viditq.core.pipeline.cache.StepObserver;
import org.viditq.core.tensor.Tensor;

/** A diffusion model ready to be evaluated on a backend, in full precision or quantized. */
public interface Denoiser extends LoadedPart {
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

  /**
   * Begins a sampling whose evaluations take values from earlier ones. One at a time.
   *
   * @param evaluations how many there will be
   * @param pictures how many each is of: with guidance half as many as samples
   * @throws UsageException if the denoiser runs as a whole and keeps nothing between evaluations
   */
  default CachedSampling begin(StepCaching caching, int evaluations, int pictures) {
    throw StepCaching.unsupported("--cache " + caching);
  }

  /**
   * A sampling whose evaluations compute everything, picture by picture, and tell of it.
   *
   * @throws UsageException as {@link #begin}
   */
  default CachedSampling observe(StepObserver observer, int pictures) {
    throw StepCaching.unsupported("--step-changes");
  }

  /** The evaluations of all samplings with step caching so far. */
  default EvaluationCount evaluations() {
    return EvaluationCount.NONE;
  }

  /** Releases the model. */
  @Override
  void close();
}
