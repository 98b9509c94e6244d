package org.viditq.verify.runner;

import org.viditq.core.tensor.Tensor;

/**
 * The closed-form denoiser of the scheduler fixtures, in float32: ε(x, t, c) = 0.3 x + 0.1 sin(0.01
 * t) + 0.05 c, and variance channels tanh(0.7 x + 0.2 cos(0.01 t)).
 */
final class SyntheticDenoiser {
  private SyntheticDenoiser() {}

  static Tensor predict(Tensor x, double timestep, float condition) {
    float offset = 0.1f * (float) Math.sin(0.01f * (float) timestep) + 0.05f * condition;
    float[] prediction = new float[x.size()];
    for (int i = 0; i < prediction.length; i++) {
      prediction[i] = 0.3f * x.data()[i] + offset;
    }
    return Tensor.of(x.shape(), prediction);
  }

  /** ε_u + guidance (ε_c - ε_u) in the first channels, ε_c in the others. */
  static Tensor guide(
      Tensor unconditional, Tensor conditional, float guidance, int guidedChannels) {
    int channels = conditional.dim(1);
    int area = conditional.size() / conditional.dim(0) / channels;
    float[] guided = new float[conditional.size()];
    for (int i = 0; i < guided.length; i++) {
      float from = unconditional.data()[i];
      float to = conditional.data()[i];
      guided[i] = i / area % channels < guidedChannels ? from + guidance * (to - from) : to;
    }
    return Tensor.of(conditional.shape(), guided);
  }

  /** The prediction [B, C, ...] with the variance channels behind it, [B, 2C, ...]. */
  static Tensor withVariance(Tensor prediction, Tensor x, double timestep) {
    int[] dims = x.shape().toArray();
    int perSample = x.size() / dims[0];
    float offset = 0.2f * (float) Math.cos(0.01f * (float) timestep);
    float[] both = new float[2 * x.size()];
    for (int b = 0; b < dims[0]; b++) {
      System.arraycopy(prediction.data(), b * perSample, both, 2 * b * perSample, perSample);
      for (int i = 0; i < perSample; i++) {
        float argument = 0.7f * x.data()[b * perSample + i] + offset;
        both[(2 * b + 1) * perSample + i] = (float) Math.tanh(argument);
      }
    }
    dims[1] *= 2;
    return Tensor.of(both, dims);
  }
}
