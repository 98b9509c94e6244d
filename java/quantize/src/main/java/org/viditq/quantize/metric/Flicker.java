package org.viditq.quantize.metric;

import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Tensor;

/**
 * Temporal flicker: the mean absolute difference of consecutive frames, over all pixels and
 * channels. Motion counts as well, so compare it with that of a reference clip, as VBench's temporal
 * flickering does with still scenes (Huang et al. 2024, section 3.2).
 */
public final class Flicker {
  private Flicker() {}

  /**
   * @param clip [T, H, W, 3], 0 to 1, at least two frames
   * @return 0 for a still clip, at most 1
   */
  public static double of(Tensor clip) {
    if (clip.shape().rank() != 4 || clip.dim(0) < 2) {
      throw new ShapeException(
          "Flicker is that of clips [T, H, W, C] of at least two frames, not of "
              + clip.shape()
              + ".");
    }
    int frame = clip.size() / clip.dim(0);
    float[] values = clip.data();
    double sum = 0;
    for (int i = frame; i < values.length; i++) {
      sum += Math.abs((double) values[i] - values[i - frame]);
    }
    return sum / (values.length - frame);
  }
}
