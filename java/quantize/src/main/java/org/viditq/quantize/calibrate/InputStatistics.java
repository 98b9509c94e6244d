package org.viditq.quantize.calibrate;

import java.util.Arrays;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Tensor;

/**
 * What calibration keeps of one input x of a linear layer, seen as [B, N, C] (axes between the
 * first and the last are flattened; a matrix is [B, 1, C]).
 *
 * @param channelMax [C]: mean over samples, and their sequences, of the largest |x| over tokens,
 *     float32
 * @param tokenMin [N]: smallest value per token index, over samples and channels
 * @param tokenMax [N]: largest value per token index
 */
public record InputStatistics(float[] channelMax, float[] tokenMin, float[] tokenMax) {
  /** As {@link #of(String, Tensor, int)} of samples that are a sequence each. */
  public static InputStatistics of(String layer, Tensor x) {
    return of(layer, x, 1);
  }

  /**
   * @param layer for messages
   * @param sequences that each sample consists of, one after the other
   * @throws ShapeException if samples cannot be divided into so many sequences
   * @throws NonFiniteException if x holds NaN or infinity
   */
  public static InputStatistics of(String layer, Tensor x, int sequences) {
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
    if (sequences < 1 || tokens % sequences != 0) {
      throw new ShapeException(
          "Layer "
              + layer
              + " got "
              + x.shape()
              + ", which is not in "
              + sequences
              + " sequences.");
    }
    int sequence = tokens / sequences;
    float[] data = x.data();
    float[] channelSum = new float[channels];
    float[] tokenMin = new float[tokens];
    float[] tokenMax = new float[tokens];
    float[] sequenceMax = new float[channels];
    Arrays.fill(tokenMin, Float.POSITIVE_INFINITY);
    Arrays.fill(tokenMax, Float.NEGATIVE_INFINITY);
    int at = 0;
    for (int b = 0; b < batch; b++) {
      for (int n = 0; n < tokens; n++) {
        float min = tokenMin[n];
        float max = tokenMax[n];
        for (int c = 0; c < channels; c++) {
          float value = data[at++];
          min = Math.min(min, value); // NaN sticks
          max = Math.max(max, value);
          sequenceMax[c] = Math.max(sequenceMax[c], Math.abs(value));
        }
        tokenMin[n] = min;
        tokenMax[n] = max;
        if ((n + 1) % sequence == 0) {
          addAndClear(sequenceMax, channelSum);
        }
      }
    }
    for (int n = 0; n < tokens; n++) {
      if (!Float.isFinite(tokenMin[n]) || !Float.isFinite(tokenMax[n])) {
        throw new NonFiniteException(
            "The input of layer " + layer + " holds NaN or infinity during calibration.");
      }
    }
    for (int c = 0; c < channels; c++) {
      channelSum[c] /= batch * sequences;
    }
    return new InputStatistics(channelSum, tokenMin, tokenMax);
  }

  private static void addAndClear(float[] values, float[] sums) {
    for (int c = 0; c < values.length; c++) {
      sums[c] += values[c];
    }
    Arrays.fill(values, 0f);
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
