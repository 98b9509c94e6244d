package org.viditq.core.pipeline;

import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/**
 * Classifier-free guidance (Ho and Salimans, "Classifier-Free Diffusion Guidance", 2022): n + g (p
 * - n) of the predictions n without and p with the prompt.
 *
 * @param scale g
 * @param channels how many leading channels are guided, the others being p's: variances are not,
 *     and Open-Sora guides three of the four noise channels
 */
public record Guidance(double scale, int channels) {
  /**
   * @param both [2B, C, ...], the predictions without the prompt before those with it
   * @return [B, C, ...]
   */
  public Tensor apply(Tensor both) {
    int[] dims = both.shape().toArray();
    dims[0] /= 2;
    float[] values = both.data();
    int half = values.length / 2;
    int sample = half / dims[0];
    int guidedPart = sample / dims[1] * Math.min(channels, dims[1]);
    float factor = (float) scale;
    float[] result = new float[half];
    for (int i = 0; i < half; i++) {
      float with = values[half + i];
      float without = values[i];
      result[i] = i % sample < guidedPart ? without + factor * (with - without) : with;
    }
    return Tensor.of(Shape.of(dims), result);
  }
}
