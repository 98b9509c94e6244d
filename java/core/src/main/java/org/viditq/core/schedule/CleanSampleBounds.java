package org.viditq.core.schedule;

import java.util.Arrays;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.tensor.Tensor;

/** Bounds on predicted clean samples: none, fixed, or by each sample's own quantile. */
final class CleanSampleBounds {
  /** No bounds. */
  static final CleanSampleBounds NONE =
      new CleanSampleBounds(Double.POSITIVE_INFINITY, 1, Double.NaN);

  private final double clipRange;

  /** Quantile of |x0| that becomes the bound; NaN without dynamic thresholding. */
  private final double quantile;

  private final double largestBound;

  private CleanSampleBounds(double clipRange, double largestBound, double quantile) {
    this.clipRange = clipRange;
    this.largestBound = largestBound;
    this.quantile = quantile;
  }

  /** Clips to [-range, range]. */
  static CleanSampleBounds clip(double range) {
    return new CleanSampleBounds(range, 1, Double.NaN);
  }

  /**
   * Reads {@code thresholding}, and {@code clip_sample} where that is off.
   *
   * @param clipByDefault what an absent {@code clip_sample} means
   */
  static CleanSampleBounds read(JsonConfig config, boolean clipByDefault) {
    CleanSampleBounds thresholding = readThresholding(config);
    if (thresholding != NONE || !config.getBoolean("clip_sample", clipByDefault)) {
      return thresholding;
    }
    return clip(config.getPositiveDouble("clip_sample_range", 1));
  }

  /**
   * Reads {@code thresholding}. Saharia et al., "Photorealistic Text-to-Image Diffusion Models with
   * Deep Language Understanding", 2022, section 2.3.
   */
  static CleanSampleBounds readThresholding(JsonConfig config) {
    if (!config.getBoolean("thresholding", false)) {
      return NONE;
    }
    double quantile = config.getDouble("dynamic_thresholding_ratio", 0.995);
    if (!(quantile >= 0 && quantile <= 1)) {
      throw config.invalid("dynamic_thresholding_ratio", "between 0 and 1");
    }
    return new CleanSampleBounds(
        Double.POSITIVE_INFINITY, config.getPositiveDouble("sample_max_value", 1), quantile);
  }

  /** Whether samples are left as they are. */
  boolean areNone() {
    return this == NONE;
  }

  /** Bounds [B, ...] in place. */
  Tensor apply(Tensor clean) {
    float[] values = clean.data();
    if (!Double.isNaN(quantile)) {
      int batch = clean.dim(0);
      for (int b = 0; b < batch; b++) {
        threshold(values, values.length / batch * b, values.length / batch * (b + 1));
      }
    } else if (clipRange != Double.POSITIVE_INFINITY) {
      float range = (float) clipRange;
      for (int i = 0; i < values.length; i++) {
        values[i] = Math.max(-range, Math.min(range, values[i]));
      }
    }
    return clean;
  }

  /** Clips one sample to its bound s, at least 1 and at most the largest, and divides by s. */
  private void threshold(float[] values, int from, int to) {
    if (from == to) {
      return;
    }
    float[] magnitudes = new float[to - from];
    for (int i = from; i < to; i++) {
      magnitudes[i - from] = Math.abs(values[i]);
    }
    Arrays.sort(magnitudes);
    double position = quantile * (magnitudes.length - 1);
    int below = (int) position;
    int above = Math.min(below + 1, magnitudes.length - 1);
    double bound = magnitudes[below] + (position - below) * (magnitudes[above] - magnitudes[below]);
    bound = Math.min(Math.max(bound, 1), largestBound);
    for (int i = from; i < to; i++) {
      values[i] = (float) (Math.max(-bound, Math.min(bound, values[i])) / bound);
    }
  }
}
