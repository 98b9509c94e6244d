package org.viditq.core.pipeline.cache;

import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Tensor;

/** Relative L1 change: Σ|now - before| / Σ|before|, of tensors summed in float64. */
public final class RelativeChange {
  private RelativeChange() {}

  /**
   * @return 0 or more; infinite if {@code before} is all zeros and {@code now} is not
   */
  static double of(Tensor before, Tensor now) {
    if (!before.shape().equals(now.shape())) {
      throw new ShapeException(
          "Step caching compares values of one shape, but they are "
              + before.shape()
              + " and "
              + now.shape()
              + ".");
    }
    float[] a = before.data();
    float[] b = now.data();
    double difference = 0;
    double size = 0;
    for (int i = 0; i < a.length; i++) {
      difference += Math.abs((double) b[i] - a[i]);
      size += Math.abs(a[i]);
    }
    return of(difference, size);
  }

  /**
   * Of its two sums.
   *
   * @return 0 or more; infinite if the size is 0 and the difference is not
   */
  public static double of(double difference, double size) {
    return difference == 0 ? 0 : difference / size;
  }
}
