package org.viditq.quantize.metric;

import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Tensor;

/**
 * How much a clip changes from frame to frame: the mean absolute difference of consecutive frames,
 * which VBench calls temporal flickering (Z. Huang et al., VBench: Comprehensive Benchmark Suite
 * for Video Generative Models, 2023). Motion changes frames too, so that the figure says something
 * only beside that of a reference clip of the same scene.
 *
 * @param reference of the reference clip, in the units of its values
 * @param test of the clip under test
 */
public record TemporalFlicker(double reference, double test) {

  /**
   * Compares two clips.
   *
   * @param reference [T, ...] with at least two frames
   * @param test of the same shape
   * @throws ShapeException if the shapes differ or there is nothing to compare
   */
  public static TemporalFlicker of(Tensor reference, Tensor test) {
    Pairs.requireSameShape("temporal flicker", reference, test);
    return new TemporalFlicker(of(reference), of(test));
  }

  /**
   * Of one clip.
   *
   * @param clip [T, ...] with at least two frames
   * @throws ShapeException if there are no two frames
   */
  public static double of(Tensor clip) {
    Pairs.requireValues("temporal flicker", clip);
    if (clip.shape().rank() < 2 || clip.dim(0) < 2) {
      throw new ShapeException(
          "temporal flicker: " + clip.shape() + " holds no two frames to compare.");
    }
    float[] values = clip.data();
    int frame = clip.size() / clip.dim(0);
    double sum = 0;
    for (int i = frame; i < values.length; i++) {
      sum += Math.abs((double) values[i] - values[i - frame]);
    }
    return sum / (values.length - frame);
  }

  /**
   * How many times the reference's flicker the clip under test has: above 1 it flickers more, below
   * 1 it moves less. Infinite or NaN where the reference stands still.
   */
  public double ratio() {
    return test / reference;
  }
}
