package org.viditq.quantize.balance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Tensor;

class BalanceVectorTest {
  @Test
  void followsTheFormula() {
    float[] s = BalanceVector.of(new float[] {4, 9}, new float[] {16, 0.25f}, 0.5, 1e-5);
    assertThat(s[0]).isEqualTo(0.5f);
    assertThat(s[1]).isEqualTo(6f);
  }

  @Test
  void alphaDecidesWhoCarriesTheOutliers() {
    float[] a = {100, 1};
    float[] w = {0.5f, 2};
    assertThat(BalanceVector.of(a, w, 1, 1e-5)).containsExactly(100f, 1f);
    assertThat(BalanceVector.of(a, w, 0, 1e-5)).containsExactly(2f, 0.5f);
  }

  @Test
  void replacesStatisticsOfZero() {
    float[] s = BalanceVector.of(new float[] {0}, new float[] {1}, 0.5, 1e-4);
    assertThat(s[0]).isCloseTo(1e-2f, within(1e-8f));
  }

  @Test
  void keepsStatisticsAboveZero() {
    assertThat(BalanceVector.withoutZeros(new float[] {0, 3, 1e-9f}, 1e-4))
        .containsExactly(1e-4f, 3, 1e-9f);
  }

  @Test
  void dividesEveryRow() {
    Tensor x = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2);
    Tensor divided = BalanceVector.divide(x, new float[] {2, 4});
    assertThat(divided.shape()).isEqualTo(x.shape());
    assertThat(divided.data()).containsExactly(0.5f, 0.5f, 1.5f, 1);
    assertThatThrownBy(() -> BalanceVector.divide(x, new float[1]))
        .isInstanceOf(ShapeException.class);
    assertThatThrownBy(() -> BalanceVector.divide(x.reshape(4), new float[] {2, 4}))
        .isInstanceOf(ShapeException.class);
  }

  @Test
  void deadWeightColumnsCountAsTheSmallestLiveOne() {
    float[] s = BalanceVector.of(new float[] {1, 1, 1}, new float[] {0, 4, 9}, 0.5, 1e-5);
    assertThat(s[0]).isEqualTo(s[1]).isEqualTo(0.5f);
    assertThat(BalanceVector.of(new float[] {1}, new float[] {0}, 0.5, 1e-5)[0]).isEqualTo(1f);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void isAlwaysFiniteAndPositive(long seed) {
    Random random = new Random(seed);
    float[] extremes = {0, Float.MIN_VALUE, 1e-30f, 1e-5f, 1, 1e10f, Float.MAX_VALUE};
    float[] a = new float[100];
    float[] w = new float[100];
    for (int c = 0; c < a.length; c++) {
      a[c] = extremes[random.nextInt(extremes.length)];
      w[c] = extremes[random.nextInt(extremes.length)];
    }
    for (float s : BalanceVector.of(a, w, random.nextDouble(), 1e-5)) {
      assertThat(s).isPositive().isFinite();
    }
  }

  @Test
  void rejectsStatisticsOfAnotherWidth() {
    assertThatThrownBy(() -> BalanceVector.of(new float[2], new float[3], 0.5, 1e-5))
        .isInstanceOf(ShapeException.class);
  }

  @Test
  void findsColumnMaxima() {
    assertThat(
            ColumnAbsMax.of(
                MemoryTensor.of("w", Tensor.of(new float[] {1, -5, 0, -2, 3, 0}, 2, 3))))
        .containsExactly(2f, 5f, 0f);
  }
}
