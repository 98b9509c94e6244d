package org.viditq.quantize.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.ejml.data.DMatrixRMaj;
import org.junit.jupiter.api.Test;
import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Tensor;

class FrechetDistanceTest {
  private static Tensor features(long seed, int count, int width) {
    Tensor tensor = Tensor.zeros(count, width);
    Random random = new Random(seed);
    for (int i = 0; i < tensor.size(); i++) {
      tensor.data()[i] = (float) random.nextGaussian();
    }
    return tensor;
  }

  @Test
  void diagonalGaussiansHaveAClosedForm() {
    GaussianFit a =
        new GaussianFit(new double[] {0, 1}, new DMatrixRMaj(new double[][] {{4, 0}, {0, 9}}));
    GaussianFit b =
        new GaussianFit(new double[] {2, 1}, new DMatrixRMaj(new double[][] {{1, 0}, {0, 16}}));
    // |mu|^2 = 4, and per axis (sigma1 - sigma2)^2 = 1 and 1.
    assertThat(FrechetDistance.between(a, b)).isCloseTo(6, within(1e-9));
  }

  @Test
  void aSetIsNowhereFromItself() {
    Tensor set = features(1, 40, 8);
    assertThat(FrechetDistance.of(set, set)).isCloseTo(0, within(1e-9));
  }

  @Test
  void fewVectorsOfManyFeaturesDoNoHarm() {
    Tensor few = features(2, 3, 20);
    assertThat(FrechetDistance.of(few, few)).isCloseTo(0, within(1e-6));
    assertThat(FrechetDistance.of(few, features(3, 4, 20))).isPositive();
  }

  @Test
  void aShiftAddsItsSquaredLength() {
    Tensor set = features(4, 30, 3);
    Tensor shifted = Tensor.zeros(30, 3);
    for (int i = 0; i < set.size(); i++) {
      shifted.data()[i] = set.data()[i] + 2;
    }
    assertThat(FrechetDistance.of(set, shifted)).isCloseTo(12, within(1e-4));
  }

  @Test
  void badSetsAreRefused() {
    assertThatThrownBy(() -> FrechetDistance.of(features(1, 1, 3), features(2, 5, 3)))
        .isInstanceOf(ShapeException.class);
    assertThatThrownBy(() -> FrechetDistance.of(features(1, 5, 3), features(2, 5, 4)))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("3 and 4");
  }
}
