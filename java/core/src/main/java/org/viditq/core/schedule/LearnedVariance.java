package org.viditq.core.schedule;

import org.viditq.core.tensor.Tensor;

/**
 * Variances that the denoiser interpolates: ln var = f ln(largest) + (1 - f) ln(smallest), f = (v +
 * 1) / 2. Nichol and Dhariwal, "Improved Denoising Diffusion Probabilistic Models", 2021, equation
 * 15.
 */
final class LearnedVariance {
  private LearnedVariance() {}

  /** The mean plus noise of the deviation that the denoiser's values v in -1 to 1 mean. */
  static Tensor addNoise(
      Tensor mean, Tensor values, double smallestLog, double largestLog, Tensor noise) {
    float[] from = mean.data();
    float[] v = values.data();
    float[] fresh = noise.data();
    float[] next = new float[from.length];
    for (int i = 0; i < next.length; i++) {
      double fraction = (v[i] + 1.0) / 2;
      double logVariance = fraction * largestLog + (1 - fraction) * smallestLog;
      next[i] = (float) (from[i] + Math.exp(0.5 * logVariance) * fresh[i]);
    }
    return Tensor.of(mean.shape(), next);
  }
}
