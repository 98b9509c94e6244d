package org.viditq.quantize.metric;

import org.viditq.core.tensor.Tensor;

/** Cosine of the angle between two tensors seen as vectors: 1 for parallel ones. */
public final class CosineSimilarity {
  private CosineSimilarity() {}

  /**
   * Of all elements.
   *
   * @return -1 to 1; NaN if one of the tensors is zero
   */
  public static double of(Tensor reference, Tensor test) {
    Pairs.requireSameShape("Cosine similarity", reference, test);
    return of(reference.data(), test.data(), 0, reference.size());
  }

  /** Of each row along the last axis, in row-major order. */
  public static double[] ofRows(Tensor reference, Tensor test) {
    Pairs.requireSameShape("Cosine similarity", reference, test);
    int width = reference.dim(-1);
    double[] rows = new double[reference.shape().rows()];
    for (int row = 0; row < rows.length; row++) {
      rows[row] = of(reference.data(), test.data(), row * width, width);
    }
    return rows;
  }

  private static double of(float[] r, float[] t, int from, int count) {
    double product = 0;
    double squaredR = 0;
    double squaredT = 0;
    for (int i = from; i < from + count; i++) {
      product += (double) r[i] * t[i];
      squaredR += (double) r[i] * r[i];
      squaredT += (double) t[i] * t[i];
    }
    return product / (Math.sqrt(squaredR) * Math.sqrt(squaredT));
  }
}
