package org.viditq.reference;

import static org.viditq.reference.Operands.require;

import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Tensor;

/** Table look-up and the sinusoidal timestep embedding. */
final class Embeddings {
  private static final double MAX_PERIOD = 10000;

  private Embeddings() {}

  static Tensor rows(Tensor table, int[] indices) {
    require(table.shape().rank() == 2, "embedding", "a table [vocabulary, C]", table.shape());
    int channels = table.dim(1);
    Tensor result = Tensor.zeros(indices.length, channels);
    for (int i = 0; i < indices.length; i++) {
      if (indices[i] < 0 || indices[i] >= table.dim(0)) {
        throw new ShapeException(
            "embedding got index " + indices[i] + " for a table " + table.shape() + ".");
      }
      System.arraycopy(table.data(), indices[i] * channels, result.data(), i * channels, channels);
    }
    return result;
  }

  /** Frequency and angle are rounded to float32 as in the published code; angles reach 1000. */
  static Tensor timesteps(Tensor timesteps, int dimension, boolean flip, float shift) {
    int half = dimension / 2;
    require(
        timesteps.shape().rank() == 1 && dimension >= 2 && half - shift > 0,
        "timestepEmbedding",
        "timesteps [B] and D/2 above the shift " + shift + ", D = " + dimension,
        timesteps.shape());
    Tensor result = Tensor.zeros(timesteps.dim(0), dimension);
    int sines = flip ? half : 0;
    int cosines = flip ? 0 : half;
    for (int i = 0; i < half; i++) {
      float exponent = (float) -Math.log(MAX_PERIOD) * i / (half - shift);
      float frequency = (float) Math.exp(exponent);
      for (int b = 0; b < timesteps.dim(0); b++) {
        float angle = timesteps.data()[b] * frequency;
        result.data()[b * dimension + sines + i] = (float) Math.sin(angle);
        result.data()[b * dimension + cosines + i] = (float) Math.cos(angle);
      }
    }
    return result;
  }
}
