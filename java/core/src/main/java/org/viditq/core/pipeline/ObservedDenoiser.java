package org.viditq.core.pipeline;

import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.tensor.Tensor;

/** The evaluations of a sampling as a denoiser; whoever began the sampling closes it. */
record ObservedDenoiser(DenoiserModel model, CachedSampling sampling) implements Denoiser {
  @Override
  public Tensor predict(DenoiserInput input) {
    return sampling.predict(input);
  }

  @Override
  public void close() {}
}
