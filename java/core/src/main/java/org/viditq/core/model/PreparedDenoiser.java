package org.viditq.core.model;

import org.viditq.core.model.cache.StepCache;

/** A denoiser whose layers are prepared on a backend. */
@FunctionalInterface
public interface PreparedDenoiser<V> {
  /**
   * One evaluation. For quantized models call {@link
   * org.viditq.core.operators.Operators#selectTimestep} before it.
   *
   * @param inputs by the names of {@link DenoiserModel#inputs()}
   * @param cache what is known from earlier steps of a sampling
   * @return [B, {@link LatentGeometry#outputChannels()}, (frames,) height, width]
   * @throws org.viditq.core.error.UsageException if the latents cannot be cut into patches
   * @throws org.viditq.core.error.ShapeException if inputs do not fit together or to the model
   */
  V evaluate(DenoiserValues<V> inputs, StepCache<V> cache);

  /** One evaluation that computes everything. */
  default V evaluate(DenoiserValues<V> inputs) {
    return evaluate(inputs, StepCache.none());
  }
}
