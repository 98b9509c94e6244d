package org.viditq.quantize.metric;

import java.util.Arrays;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.EigenDecomposition_F64;
import org.ejml.interfaces.decomposition.SingularValueDecomposition_F64;
import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Tensor;

/**
 * Squared Fréchet distance of two sets of feature vectors taken as Gaussians: |μ1 - μ2|² + tr C1 +
 * tr C2 - 2 tr sqrt(C1 C2), the form of the Fréchet inception distance (Heusel et al. 2017). In
 * float64.
 *
 * <p>tr sqrt(C1 C2) is the sum of the singular values of sqrt(C1) sqrt(C2), with square roots by
 * symmetric eigendecomposition and negative eigenvalues taken as 0, so that singular covariances
 * (fewer vectors than features) do no harm.
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
    int n = a.features();
    DMatrixRMaj product = new DMatrixRMaj(n, n);
    CommonOps_DDRM.mult(squareRoot(a.covariance()), squareRoot(b.covariance()), product);
    SingularValueDecomposition_F64<DMatrixRMaj> svd =
        DecompositionFactory_DDRM.svd(n, n, false, false, false);
    if (!svd.decompose(product)) {
      throw diverged();
    }
    return Arrays.stream(svd.getSingularValues(), 0, svd.numberOfSingularValues()).sum();
  }

  /** The symmetric square root of a covariance matrix. */
  private static DMatrixRMaj squareRoot(DMatrixRMaj covariance) {
    int n = covariance.getNumRows();
    EigenDecomposition_F64<DMatrixRMaj> eigen = DecompositionFactory_DDRM.eig(n, true, true);
    if (!eigen.decompose(covariance.copy())) {
      throw diverged();
    }
    DMatrixRMaj root = new DMatrixRMaj(n, n);
    for (int i = 0; i < n; i++) {
      double value = Math.sqrt(Math.max(0, eigen.getEigenvalue(i).getReal()));
      DMatrixRMaj vector = eigen.getEigenVector(i);
      CommonOps_DDRM.multAddTransB(value, vector, vector, root);
    }
    return root;
  }

  private static ArithmeticException diverged() {
    return new ArithmeticException(
        "Fréchet distance: the decomposition of a covariance matrix does not converge.");
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
