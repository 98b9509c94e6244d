package org.viditq.reference;

import org.viditq.core.operators.ResultShapes;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/** Table look-up and the sinusoidal timestep embedding. */
final class Embeddings {
  private static final double MAX_PERIOD = 10000;

  private Embeddings() {}

  static Tensor rows(Tensor table, int[] indices) {
    Shape shape = ResultShapes.embedding(table.shape(), indices);
    int channels = table.dim(1);
    Tensor result = Tensor.zeros(shape.toArray());
    for (int i = 0; i < indices.length; i++) {
      System.arraycopy(table.data(), indices[i] * channels, result.data(), i * channels, channels);
    }
    return result;
  }

  /** Frequency and angle are rounded to float32 as in the published code; angles reach 1000. */
  static Tensor timesteps(Tensor timesteps, int dimension, boolean flip, float shift) {
    int half = dimension / 2;
    Shape shape = ResultShapes.timestepEmbedding(timesteps.shape(), dimension, shift);
    Tensor result = Tensor.zeros(shape.toArray());
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
