package org.viditq.quantize.metric;

import org.ejml.data.DMatrixRMaj;
import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Tensor;

/**
 * Mean and covariance of feature vectors, in float64.
 *
 * @param mean [D]
 * @param covariance [D, D], with divisor n - 1
 */
public record GaussianFit(double[] mean, DMatrixRMaj covariance) {

  /**
   * @param vectors [N, D]: one vector per row
   * @throws ShapeException if there are fewer than 2 vectors
   */
  public static GaussianFit of(Tensor vectors) {
    if (vectors.shape().rank() != 2 || vectors.dim(0) < 2 || vectors.dim(1) < 1) {
      throw new ShapeException(
          "Covariance: vectors must come as [N, D] with N at least 2, not "
              + vectors.shape()
              + ".");
    }
    int n = vectors.dim(0);
    int d = vectors.dim(1);
    float[] data = vectors.data();
    double[] mean = new double[d];
    for (int i = 0; i < data.length; i++) {
      mean[i % d] += data[i];
    }
    for (int j = 0; j < d; j++) {
      mean[j] /= n;
    }
    DMatrixRMaj covariance = new DMatrixRMaj(d, d);
    for (int row = 0; row < n; row++) {
      for (int j = 0; j < d; j++) {
        double deviation = data[row * d + j] - mean[j];
        for (int k = 0; k <= j; k++) {
          covariance.add(j, k, deviation * (data[row * d + k] - mean[k]) / (n - 1));
        }
      }
    }
    for (int j = 0; j < d; j++) {
      for (int k = 0; k < j; k++) {
        covariance.set(k, j, covariance.get(j, k));
      }
    }
    return new GaussianFit(mean, covariance);
  }

  /** The covariance as an array of its rows. */
  public double[][] covarianceRows() {
    return covariance.get2DData();
  }

  /** Number of features D. */
  public int features() {
    return mean.length;
  }
}
