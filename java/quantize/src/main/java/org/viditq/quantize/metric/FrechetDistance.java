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
   * The same of vectors that may count several times, without covariances where vectors are few.
   */
  static double of(CountedVectors a, CountedVectors b) {
    requireSameFeatures(a.features(), b.features());
    if (Math.min(a.distinct(), b.distinct()) >= a.features()) {
      return between(a.fit(), b.fit());
    }
    // With C1 = AᵀA and C2 = BᵀB, A and B the centred vectors, the singular values of sqrt(C1)
    // sqrt(C2) that are not 0 are those of A Bᵀ.
    DMatrixRMaj product = new DMatrixRMaj(a.distinct(), b.distinct());
    CommonOps_DDRM.multTransB(a.deviations(), b.deviations(), product);
    return squaredDistance(a.mean(), b.mean())
        + a.totalVariance()
        + b.totalVariance()
        - 2 * sumOfSingularValues(product);
  }

  /**
   * @throws ShapeException if the numbers of features differ
   */
  public static double between(GaussianFit a, GaussianFit b) {
    requireSameFeatures(a.features(), b.features());
    return squaredDistance(a.mean(), b.mean())
        + CommonOps_DDRM.trace(a.covariance())
        + CommonOps_DDRM.trace(b.covariance())
        - 2 * traceOfRoot(a, b);
  }

  /** tr sqrt(C1 C2). */
  public static double traceOfRoot(GaussianFit a, GaussianFit b) {
    requireSameFeatures(a.features(), b.features());
    int n = a.features();
    DMatrixRMaj product = new DMatrixRMaj(n, n);
    CommonOps_DDRM.mult(squareRoot(a.covariance()), squareRoot(b.covariance()), product);
    return sumOfSingularValues(product);
  }

  static double squaredDistance(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      double difference = a[i] - b[i];
      sum += difference * difference;
    }
    return sum;
  }

  /**
   * @param matrix overwritten
   */
  static double sumOfSingularValues(DMatrixRMaj matrix) {
    SingularValueDecomposition_F64<DMatrixRMaj> svd =
        DecompositionFactory_DDRM.svd(
            matrix.getNumRows(), matrix.getNumCols(), false, false, false);
    if (!svd.decompose(matrix)) {
      throw diverged();
    }
    return Arrays.stream(svd.getSingularValues(), 0, svd.numberOfSingularValues()).sum();
  }

  /** The symmetric square root of a covariance matrix. */
  static DMatrixRMaj squareRoot(DMatrixRMaj covariance) {
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

  private static void requireSameFeatures(int a, int b) {
    if (a != b) {
      throw new ShapeException("Fréchet distance: the sets have " + a + " and " + b + " features.");
    }
  }
}
