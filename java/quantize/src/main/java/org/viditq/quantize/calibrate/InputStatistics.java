package org.viditq.quantize.calibrate;

import java.util.Arrays;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Tensor;

/**
 * What calibration keeps of one input x of a linear layer, seen as [B, N, C] (axes between the
 * first and the last are flattened; a matrix is [B, 1, C]).
 *
 * @param channelMax [C]: mean over samples of the largest |x| over tokens, float32
 * @param tokenMin [N]: smallest value per token index, over samples and channels
 * @param tokenMax [N]: largest value per token index
 */
public record InputStatistics(float[] channelMax, float[] tokenMin, float[] tokenMax) {
  /**
   * @param layer for messages
   * @throws NonFiniteException if x holds NaN or infinity
   */
  public static InputStatistics of(String layer, Tensor x) {
    if (x.shape().rank() < 2 || x.size() == 0) {
      throw new ShapeException(
          "Calibration needs inputs [.., C] with at least two axes, but layer "
              + layer
              + " got "
              + x.shape()
              + ".");
    }
    int batch = x.dim(0);
    int channels = x.dim(-1);
    int tokens = x.size() / batch / channels;
    float[] data = x.data();
    float[] channelSum = new float[channels];
    float[] tokenMin = new float[tokens];
    float[] tokenMax = new float[tokens];
    float[] sampleMax = new float[channels];
    Arrays.fill(tokenMin, Float.POSITIVE_INFINITY);
    Arrays.fill(tokenMax, Float.NEGATIVE_INFINITY);
    int at = 0;
    for (int b = 0; b < batch; b++) {
      Arrays.fill(sampleMax, 0f);
      for (int n = 0; n < tokens; n++) {
        float min = tokenMin[n];
        float max = tokenMax[n];
        for (int c = 0; c < channels; c++) {
          float value = data[at++];
          min = Math.min(min, value); // NaN sticks
          max = Math.max(max, value);
          sampleMax[c] = Math.max(sampleMax[c], Math.abs(value));
        }
        tokenMin[n] = min;
        tokenMax[n] = max;
      }
      for (int c = 0; c < channels; c++) {
        channelSum[c] += sampleMax[c];
      }
    }
    for (int n = 0; n < tokens; n++) {
      if (!Float.isFinite(tokenMin[n]) || !Float.isFinite(tokenMax[n])) {
        throw new NonFiniteException(
            "The input of layer " + layer + " holds NaN or infinity during calibration.");
      }
    }
    for (int c = 0; c < channels; c++) {
      channelSum[c] /= batch;
    }
    return new InputStatistics(channelSum, tokenMin, tokenMax);
  }

  /** Smallest value of all. */
  public float min() {
    float min = tokenMin[0];
    for (float value : tokenMin) {
      min = Math.min(min, value);
    }
    return min;
  }

  /** Largest value of all. */
  public float max() {
    float max = tokenMax[0];
    for (float value : tokenMax) {
      max = Math.max(max, value);
    }
    return max;
  }

  public int channels() {
    return channelMax.length;
  }

  public int tokens() {
    return tokenMin.length;
  }
}
