package org.viditq.quantize.metric;

import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.EigenDecomposition_F64;
import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Tensor;

/**
 * Squared Fréchet distance of two sets of feature vectors taken as Gaussians: |μ1 - μ2|² + tr C1 +
 * tr C2 - 2 tr sqrt(C1 C2), the form of the Fréchet inception distance (Heusel et al. 2017). In
 * float64.
 *
 * <p>tr sqrt(C1 C2) is computed as tr sqrt(sqrt(C1) C2 sqrt(C1)) with the symmetric
 * eigendecomposition, negative eigenvalues taken as 0, so that singular covariances (fewer vectors
 * than features) do no harm.
 */
public final class FrechetDistance {
  private FrechetDistance() {}

  /**
   * Distance of the feature vectors in the rows of two matrices.
   *
   * @param a [N, D], N at least 2
   * @param b [M, D], M at least 2
   */
  public static double of(Tensor a, Tensor b) {
    return between(GaussianFit.of(a), GaussianFit.of(b));
  }

  /**
   * @throws ShapeException if the numbers of features differ
   */
  public static double between(GaussianFit a, GaussianFit b) {
    requireSameFeatures(a, b);
    double squaredDistance = 0;
    for (int i = 0; i < a.features(); i++) {
      double difference = a.mean()[i] - b.mean()[i];
      squaredDistance += difference * difference;
    }
    return squaredDistance
        + CommonOps_DDRM.trace(a.covariance())
        + CommonOps_DDRM.trace(b.covariance())
        - 2 * traceOfRoot(a, b);
  }

  /** tr sqrt(C1 C2). */
  public static double traceOfRoot(GaussianFit a, GaussianFit b) {
    requireSameFeatures(a, b);
    DMatrixRMaj root = squareRoot(a.covariance());
    DMatrixRMaj left = new DMatrixRMaj(a.features(), a.features());
    DMatrixRMaj product = new DMatrixRMaj(a.features(), a.features());
    CommonOps_DDRM.mult(root, b.covariance(), left);
    CommonOps_DDRM.mult(left, root, product);
    EigenDecomposition_F64<DMatrixRMaj> eigen = decompose(product, false);
    double trace = 0;
    for (int i = 0; i < eigen.getNumberOfEigenvalues(); i++) {
      trace += Math.sqrt(Math.max(0, eigen.getEigenvalue(i).getReal()));
    }
    return trace;
  }

  /** The symmetric square root of a covariance matrix. */
  private static DMatrixRMaj squareRoot(DMatrixRMaj covariance) {
    int n = covariance.getNumRows();
    EigenDecomposition_F64<DMatrixRMaj> eigen = decompose(covariance, true);
    DMatrixRMaj root = new DMatrixRMaj(n, n);
    for (int i = 0; i < n; i++) {
      double value = Math.sqrt(Math.max(0, eigen.getEigenvalue(i).getReal()));
      DMatrixRMaj vector = eigen.getEigenVector(i);
      CommonOps_DDRM.multAddTransB(value, vector, vector, root);
    }
    return root;
  }

  private static EigenDecomposition_F64<DMatrixRMaj> decompose(
      DMatrixRMaj matrix, boolean withVectors) {
    // Rounding leaves products of symmetric matrices a little asymmetric.
    DMatrixRMaj symmetric = matrix.copy();
    CommonOps_DDRM.addEquals(symmetric, CommonOps_DDRM.transpose(matrix, null));
    CommonOps_DDRM.scale(0.5, symmetric);
    EigenDecomposition_F64<DMatrixRMaj> eigen =
        DecompositionFactory_DDRM.eig(matrix.getNumRows(), withVectors, true);
    if (!eigen.decompose(symmetric)) {
      throw new ArithmeticException(
          "Fréchet distance: the eigendecomposition of a covariance matrix does not converge.");
    }
    return eigen;
  }

  private static void requireSameFeatures(GaussianFit a, GaussianFit b) {
    if (a.features() != b.features()) {
      throw new ShapeException(
          "Fréchet distance: the sets have "
              + a.features()
              + " and "
              + b.features()
              + " features.");
    }
  }
}
