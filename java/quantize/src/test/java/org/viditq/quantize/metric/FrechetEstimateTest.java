package org.viditq.quantize.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.ejml.data.DMatrixRMaj;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Tensor;

/** {@link FrechetDistance} itself is held to golden values in the fixtures. */
class FrechetEstimateTest {
  /** Features of pictures, {@code perPicture} vectors each. */
  private static List<Tensor> set(long seed, int pictures, int perPicture, int width) {
    Random random = new Random(seed);
    List<Tensor> set = new ArrayList<>();
    for (int i = 0; i < pictures; i++) {
      Tensor features = Tensor.zeros(perPicture, width);
      for (int k = 0; k < features.size(); k++) {
        features.data()[k] = (float) (random.nextGaussian() * (1 + k % width));
      }
      set.add(features);
    }
    return set;
  }

  private static Tensor joined(List<Tensor> set) {
    int width = set.get(0).dim(1);
    int rows = set.stream().mapToInt(features -> features.dim(0)).sum();
    float[] all = new float[rows * width];
    int at = 0;
    for (Tensor features : set) {
      System.arraycopy(features.data(), 0, all, at, features.size());
      at += features.size();
    }
    return Tensor.of(all, rows, width);
  }

  /** Few vectors of many features go without covariances, to the same distance. */
  @ParameterizedTest
  @CsvSource({"40, 1, 5", "6, 1, 20", "3, 4, 30", "5, 8, 7", "9, 1, 9"})
  void theDistanceIsThatOfAllVectors(int pictures, int perPicture, int width) {
    List<Tensor> a = set(1, pictures, perPicture, width);
    List<Tensor> b = set(2, pictures, perPicture, width);
    double expected = FrechetDistance.of(joined(a), joined(b));
    assertThat(FrechetEstimate.ofPairs(a, b).distance())
        .isCloseTo(expected, within(1e-7 * (1 + expected)));
    assertThat(FrechetEstimate.of(a, GaussianFit.of(joined(b))).distance())
        .isCloseTo(expected, within(1e-6 * (1 + expected)));
  }

  @Test
  void theIntervalHoldsTheDistance() {
    List<Tensor> a = set(3, 30, 1, 4);
    FrechetEstimate estimate = FrechetEstimate.ofPairs(a, set(4, 30, 1, 4));
    assertThat(estimate.distance()).isBetween(estimate.low(), estimate.high());
    assertThat(estimate.low()).isLessThan(estimate.high());
    assertThat(estimate.resamples()).isEqualTo(2000);
    assertThat(FrechetEstimate.ofPairs(a, set(4, 30, 1, 4))).isEqualTo(estimate);
  }

  /** Every resample of pairs that differ by a shift has the shift's squared length. */
  @Test
  void aShiftIsCertain() {
    List<Tensor> a = set(5, 12, 1, 3);
    List<Tensor> shifted = new ArrayList<>();
    for (Tensor features : a) {
      Tensor moved = Tensor.zeros(1, 3);
      for (int k = 0; k < 3; k++) {
        moved.data()[k] = features.data()[k] + 2;
      }
      shifted.add(moved);
    }
    FrechetEstimate estimate = FrechetEstimate.ofPairs(shifted, a);
    assertThat(estimate.distance()).isCloseTo(12, within(1e-4));
    assertThat(estimate.low()).isCloseTo(12, within(1e-4));
    assertThat(estimate.high()).isCloseTo(12, within(1e-4));
    FrechetEstimate none = FrechetEstimate.ofPairs(a, a);
    assertThat(none.distance()).isCloseTo(0, within(1e-9));
    assertThat(none.high()).isCloseTo(0, within(1e-9));
  }

  @Test
  void vectorsThatCountTwiceAreTwo() {
    DMatrixRMaj vectors = new DMatrixRMaj(new double[][] {{1, 2}, {3, 5}, {-4, 7}, {8, 1}});
    GaussianFit counted = new CountedVectors(vectors, new int[] {2, 0, 3, 1}).fit();
    GaussianFit repeated =
        GaussianFit.of(Tensor.of(new float[] {1, 2, 1, 2, -4, 7, -4, 7, -4, 7, 8, 1}, 6, 2));
    assertThat(counted.mean()).containsExactly(repeated.mean(), within(1e-12));
    assertThat(counted.covariance().getData())
        .containsExactly(repeated.covariance().getData(), within(1e-12));
    assertThatThrownBy(() -> new CountedVectors(vectors, new int[] {0, 1, 0, 0}))
        .isInstanceOf(ShapeException.class);
  }

  @Test
  void setsThatDoNotFitAreRefused() {
    List<Tensor> three = set(1, 3, 1, 4);
    assertThatThrownBy(() -> FrechetEstimate.ofPairs(three, set(2, 4, 1, 4)))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("3 and 4 pictures");
    assertThatThrownBy(() -> FrechetEstimate.ofPairs(three, set(2, 3, 2, 4)))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("3 and 6 vectors");
    assertThatThrownBy(() -> FrechetEstimate.ofPairs(three, set(2, 3, 1, 5)))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("4 and 5 features");
    assertThatThrownBy(() -> FrechetEstimate.of(three, GaussianFit.of(joined(set(2, 3, 1, 5)))))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("4 and 5 features");
    assertThatThrownBy(() -> FrechetEstimate.ofPairs(set(1, 1, 1, 4), set(2, 1, 1, 4)))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("at least 2");
  }
}
