package org.viditq.quantize.calibrate;

import org.viditq.core.model.Parameters;
import org.viditq.core.operators.Operators;
import org.viditq.core.pipeline.Denoiser;

/** Builds the model that is being quantized; closing the denoiser closes the operators. */
@FunctionalInterface
public interface DenoiserFactory {
  <V> Denoiser create(Parameters parameters, Operators<V> operators);
}
