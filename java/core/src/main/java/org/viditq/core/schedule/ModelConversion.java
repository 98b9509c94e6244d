package org.viditq.core.schedule;

import org.viditq.core.tensor.Tensor;

/**
 * From what the denoiser said to the clean sample or the noise that it meant.
 *
 * @param type what the denoiser predicts
 * @param bounds on predicted clean samples
 */
record ModelConversion(PredictionType type, CleanSampleBounds bounds) {

  /** The bounded clean sample at a noise to signal ratio. */
  Tensor clean(Tensor output, Tensor sample, double ratio) {
    double alpha = SignalLevel.alpha(ratio);
    double sigma = SignalLevel.sigma(ratio);
    float[] said = output.data();
    float[] x = sample.data();
    float[] clean = new float[x.length];
    for (int i = 0; i < x.length; i++) {
      clean[i] = (float) type.clean(said[i], x[i], alpha, sigma);
    }
    return bounds.apply(Tensor.of(sample.shape(), clean));
  }

  /** The noise, derived anew from the clean sample where that is bounded. */
  Tensor noise(Tensor output, Tensor sample, double ratio) {
    double alpha = SignalLevel.alpha(ratio);
    double sigma = SignalLevel.sigma(ratio);
    if (!bounds.areNone()) {
      return LinearCombination.of(1 / sigma, sample, -alpha / sigma, clean(output, sample, ratio));
    }
    float[] said = output.data();
    float[] x = sample.data();
    float[] noise = new float[x.length];
    for (int i = 0; i < x.length; i++) {
      noise[i] = (float) type.noise(said[i], x[i], alpha, sigma);
    }
    return Tensor.of(sample.shape(), noise);
  }
}
