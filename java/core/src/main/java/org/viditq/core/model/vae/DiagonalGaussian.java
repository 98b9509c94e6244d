package org.viditq.core.model.vae;

import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/**
 * The latent distribution that an encoder gives: independent normals.
 *
 * @param mean [B, C, h, w]
 * @param logVariance likewise, clamped to [-30, 20]
 */
public record DiagonalGaussian(Tensor mean, Tensor logVariance) {
  private static final float MIN_LOG_VARIANCE = -30;
  private static final float MAX_LOG_VARIANCE = 20;

  public DiagonalGaussian {
    if (!mean.shape().equals(logVariance.shape())) {
      throw new ShapeException(
          "Mean " + mean.shape() + " and log variance " + logVariance.shape() + " differ.");
    }
  }

  /**
   * @param moments [B, 2C, h, w]: mean, then log variance, which is clamped
   */
  public static DiagonalGaussian ofMoments(Tensor moments) {
    Shape shape = moments.shape();
    int channels = shape.dim(1) / 2;
    int half = channels * shape.dim(2) * shape.dim(3);
    float[] mean = new float[shape.dim(0) * half];
    float[] logVariance = new float[mean.length];
    for (int b = 0; b < shape.dim(0); b++) {
      System.arraycopy(moments.data(), 2 * b * half, mean, b * half, half);
      for (int i = 0; i < half; i++) {
        float value = moments.data()[(2 * b + 1) * half + i];
        logVariance[b * half + i] = Math.min(Math.max(value, MIN_LOG_VARIANCE), MAX_LOG_VARIANCE);
      }
    }
    int[] dims = {shape.dim(0), channels, shape.dim(2), shape.dim(3)};
    return new DiagonalGaussian(Tensor.of(mean, dims), Tensor.of(logVariance, dims));
  }

  /** exp(logVariance / 2). */
  public Tensor standardDeviation() {
    float[] deviation = new float[logVariance.size()];
    for (int i = 0; i < deviation.length; i++) {
      deviation[i] = (float) Math.exp(0.5f * logVariance.data()[i]);
    }
    return Tensor.of(logVariance.shape(), deviation);
  }

  /**
   * mean + standardDeviation * noise.
   *
   * @param noise standard normal, same shape
   */
  public Tensor sample(Tensor noise) {
    if (!noise.shape().equals(mean.shape())) {
      throw new ShapeException(
          "Noise " + noise.shape() + " does not fit latents " + mean.shape() + ".");
    }
    float[] sample = standardDeviation().data();
    for (int i = 0; i < sample.length; i++) {
      sample[i] = mean.data()[i] + sample[i] * noise.data()[i];
    }
    return Tensor.of(mean.shape(), sample);
  }
}
