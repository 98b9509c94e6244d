package org.viditq.quantize.metric;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Tensor;

/**
 * {@link FrechetDistance} of a set of pictures, with a bootstrap interval over the pictures. The
 * distance of a set has no value per picture: resamples of the pictures, with replacement, have a
 * distance each. One in which pictures repeat lies farther off than the set itself, so the
 * distances are moved by the difference of their mean from the set's; a fortieth lies below the
 * interval and a fortieth above. All frames of a clip are drawn together. The same for the same
 * vectors, as the random numbers are.
 *
 * <p>The distance is biased: fewer vectors lie farther apart, so that only distances of equally
 * many compare. Of fewer vectors than features covariances are singular, which is allowed.
 *
 * @param distance of all vectors, 0 or more
 * @param low end of the 95 % interval, 0 or more
 * @param high its other end
 * @param resamples 2000, or fewer where each takes long, 100 at least
 */
public record FrechetEstimate(double distance, double low, double high, int resamples) {
  private static final int MOST_RESAMPLES = 2000;
  private static final int LEAST_RESAMPLES = 100;

  /** Floating-point operations, a matter of ten seconds. */
  private static final double EFFORT = 2e10;

  /** Share of a set that is in a resample of its size, 1 - 1/e. */
  private static final double DISTINCT = 0.632;

  private static final long SEED = 20;
  private static final double TAIL = 0.025;

  /**
   * Distance from the pictures of the same prompts and noise; resamples take the same prompts of
   * both.
   *
   * @param set features [V, D] of each picture or clip
   * @param reference the same of the pictures to compare with, in the same order
   * @throws ShapeException if numbers of pictures or features differ, or there are fewer than 2
   *     vectors
   */
  public static FrechetEstimate ofPairs(List<Tensor> set, List<Tensor> reference) {
    if (set.size() != reference.size()) {
      throw new ShapeException(
          "Fréchet distance: "
              + set.size()
              + " and "
              + reference.size()
              + " pictures are no pairs.");
    }
    DMatrixRMaj a = joined(set);
    DMatrixRMaj b = joined(reference);
    if (a.getNumRows() != b.getNumRows()) {
      throw new ShapeException(
          "Fréchet distance: "
              + a.getNumRows()
              + " and "
              + b.getNumRows()
              + " vectors of the same pictures are no pairs.");
    }
    double m = DISTINCT * a.getNumRows();
    double d = a.getNumCols();
    double cost = m < d ? 2 * m * m * d + 20 * m * m * m : 4 * m * d * d + 60 * d * d * d;
    return of(
        set,
        cost,
        counts -> FrechetDistance.of(new CountedVectors(a, counts), new CountedVectors(b, counts)));
  }

  /**
   * Distance from a set that stays as it is, such as one of real pictures.
   *
   * @param set features [V, D] of each picture or clip
   * @throws ShapeException if numbers of features differ, or there are fewer than 2 vectors
   */
  public static FrechetEstimate of(List<Tensor> set, GaussianFit reference) {
    DMatrixRMaj vectors = joined(set);
    int d = vectors.getNumCols();
    if (d != reference.features()) {
      throw new ShapeException(
          "Fréchet distance: the sets have " + d + " and " + reference.features() + " features.");
    }
    // Deviations times the root of the reference's covariance are deviations of these products.
    DMatrixRMaj products = new DMatrixRMaj(vectors.getNumRows(), d);
    CommonOps_DDRM.mult(vectors, FrechetDistance.squareRoot(reference.covariance()), products);
    double variance = CommonOps_DDRM.trace(reference.covariance());
    double m = DISTINCT * vectors.getNumRows();
    double cost = 8 * m * d * Math.min(m, d);
    return of(
        set,
        cost,
        counts -> {
          CountedVectors counted = new CountedVectors(vectors, counts);
          return FrechetDistance.squaredDistance(counted.mean(), reference.mean())
              + counted.totalVariance()
              + variance
              - 2
                  * FrechetDistance.sumOfSingularValues(
                      new CountedVectors(products, counts).deviations());
        });
  }

  /**
   * @param cost operations of a resample
   * @param distance of how often each vector counts
   */
  private static FrechetEstimate of(
      List<Tensor> set, double cost, ToDoubleFunction<int[]> distance) {
    int pictures = set.size();
    int[] once = new int[pictures];
    Arrays.fill(once, 1);
    double whole = Math.max(0, distance.applyAsDouble(vectors(once, set)));
    int resamples =
        (int) Math.max(LEAST_RESAMPLES, Math.min(MOST_RESAMPLES, Math.rint(EFFORT / cost)));
    SplittableRandom random = new SplittableRandom(SEED);
    double[] distances = new double[resamples];
    double mean = 0;
    for (int i = 0; i < resamples; i++) {
      int[] counts = new int[pictures];
      for (int k = 0; k < pictures; k++) {
        counts[random.nextInt(pictures)]++;
      }
      distances[i] = distance.applyAsDouble(vectors(counts, set));
      mean += distances[i] / resamples;
    }
    Arrays.sort(distances);
    int tail = (int) (TAIL * resamples);
    return new FrechetEstimate(
        whole,
        Math.max(0, distances[tail] + whole - mean),
        Math.max(0, distances[resamples - 1 - tail] + whole - mean),
        resamples);
  }

  /** Counts of vectors from those of the pictures that they belong to. */
  private static int[] vectors(int[] counts, List<Tensor> set) {
    int[] all = new int[set.stream().mapToInt(features -> features.dim(0)).sum()];
    int at = 0;
    for (int i = 0; i < counts.length; i++) {
      int end = at + set.get(i).dim(0);
      Arrays.fill(all, at, end, counts[i]);
      at = end;
    }
    return all;
  }

  private static DMatrixRMaj joined(List<Tensor> set) {
    int features = set.isEmpty() ? 0 : set.get(0).dim(1);
    int rows = 0;
    for (Tensor each : set) {
      if (each.shape().rank() != 2 || each.dim(1) != features) {
        throw new ShapeException(
            "Fréchet distance: features of a picture are "
                + each.shape()
                + " where those of another are "
                + set.get(0).shape()
                + ".");
      }
      rows += each.dim(0);
    }
    DMatrixRMaj joined = new DMatrixRMaj(rows, features);
    int at = 0;
    for (Tensor each : set) {
      for (float value : each.data()) {
        joined.data[at++] = value;
      }
    }
    return joined;
  }
}
