package org.viditq.quantize.sensitivity;

import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.quant.TimestepRange;
import org.viditq.core.tensor.Tensor;

/** Quantized in one range of timesteps, in full precision in all others. Closes neither. */
final class RangedDenoiser implements Denoiser {
  private final Denoiser quantized;
  private final Denoiser fullPrecision;
  private final TimestepRange range;
  private final ReferenceTrajectory reference;
  private int evaluation;

  RangedDenoiser(
      Denoiser quantized,
      Denoiser fullPrecision,
      TimestepRange range,
      ReferenceTrajectory reference) {
    this.quantized = quantized;
    this.fullPrecision = fullPrecision;
    this.range = range;
    this.reference = reference;
  }

  @Override
  public DenoiserModel model() {
    return quantized.model();
  }

  @Override
  public Tensor predict(DenoiserInput input) {
    int index = evaluation++;
    return range.contains(input.timestep())
        ? quantized.predict(input)
        : reference.find(index, input).orElseGet(() -> fullPrecision.predict(input));
  }

  @Override
  public void close() {}
}
