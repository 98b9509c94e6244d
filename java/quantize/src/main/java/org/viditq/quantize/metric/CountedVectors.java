package org.viditq.quantize.metric;

import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.ejml.dense.row.NormOps_DDRM;
import org.viditq.core.error.ShapeException;

/**
 * Vectors that count a whole number of times each, as in a resample: the mean, and the deviations
 * from it whose products are the covariance with divisor n - 1, n being the sum of the counts.
 */
final class CountedVectors {
  private final double[] mean;
  private final DMatrixRMaj deviations;

  /**
   * @param vectors [N, D]
   * @param counts by row, 0 to leave it out; at least 2 together
   */
  CountedVectors(DMatrixRMaj vectors, int[] counts) {
    int features = vectors.getNumCols();
    int rows = 0;
    int total = 0;
    mean = new double[features];
    for (int i = 0; i < counts.length; i++) {
      if (counts[i] > 0) {
        rows++;
        total += counts[i];
        for (int j = 0; j < features; j++) {
          mean[j] += counts[i] * vectors.get(i, j);
        }
      }
    }
    if (total < 2) {
      throw new ShapeException("Covariance: it takes at least 2 vectors, not " + total + ".");
    }
    for (int j = 0; j < features; j++) {
      mean[j] /= total;
    }
    deviations = new DMatrixRMaj(rows, features);
    int row = 0;
    for (int i = 0; i < counts.length; i++) {
      if (counts[i] > 0) {
        double scale = Math.sqrt((double) counts[i] / (total - 1));
        for (int j = 0; j < features; j++) {
          deviations.set(row, j, scale * (vectors.get(i, j) - mean[j]));
        }
        row++;
      }
    }
  }

  double[] mean() {
    return mean;
  }

  /** [distinct, D]: the transpose times this is the covariance. */
  DMatrixRMaj deviations() {
    return deviations;
  }

  /** Trace of the covariance. */
  double totalVariance() {
    double norm = NormOps_DDRM.normF(deviations);
    return norm * norm;
  }

  /** How many rows count at all. */
  int distinct() {
    return deviations.getNumRows();
  }

  int features() {
    return mean.length;
  }

  GaussianFit fit() {
    DMatrixRMaj covariance = new DMatrixRMaj(features(), features());
    CommonOps_DDRM.multTransA(deviations, deviations, covariance);
    return new GaussianFit(mean, covariance);
  }
}
