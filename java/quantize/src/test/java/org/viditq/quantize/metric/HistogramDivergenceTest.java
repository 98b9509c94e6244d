package org.viditq.quantize.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Tensor;

class HistogramDivergenceTest {
  @Test
  void binsAreHalfOpenButTheLast() {
    HistogramDivergence histograms =
        HistogramDivergence.of(
            Tensor.of(new float[] {0, 1, 2, 3, 4}, 5), Tensor.of(new float[] {4, 4}, 2), 4);
    assertThat(histograms.edges()).containsExactly(0, 1, 2, 3, 4);
    assertThat(histograms.referenceCounts()).containsExactly(1, 1, 1, 2);
    assertThat(histograms.testCounts()).containsExactly(0, 0, 0, 2);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 64, 1000})
  void everyValueIsCountedOnce(int bins) {
    Random random = new Random(bins);
    Tensor values = Tensor.zeros(999);
    for (int i = 0; i < values.size(); i++) {
      values.data()[i] = Math.round(random.nextGaussian() * 50) / 10f;
    }
    HistogramDivergence histograms = HistogramDivergence.of(values, values, bins);
    assertThat(Arrays.stream(histograms.referenceCounts()).sum()).isEqualTo(999);
    assertThat(histograms.divergence()).isZero();
  }

  @Test
  void divergenceIsThatOfTheFrequencies() {
    HistogramDivergence histograms =
        new HistogramDivergence(new double[] {0, 1, 2}, new long[] {1, 3}, new long[] {2, 2});
    double expected = 0.25 * Math.log(0.25 / 0.5) + 0.75 * Math.log(0.75 / 0.5);
    assertThat(histograms.divergence()).isCloseTo(expected, within(1e-8));
  }

  @Test
  void emptyBinsKeepItFinite() {
    HistogramDivergence histograms = HistogramDivergence.of(Tensor.zeros(3), Tensor.full(1, 3), 2);
    assertThat(histograms.divergence()).isFinite().isGreaterThan(10);
  }

  @Test
  void oneValueGetsARangeAroundIt() {
    HistogramDivergence histograms =
        HistogramDivergence.of(Tensor.full(2, 3), Tensor.full(2, 1), 2);
    assertThat(histograms.edges()).containsExactly(1.5, 2, 2.5);
    assertThat(histograms.referenceCounts()).containsExactly(0, 3);
  }

  @Test
  void emptySetsAreRefused() {
    assertThatThrownBy(() -> HistogramDivergence.of(Tensor.zeros(0), Tensor.zeros(1), 2))
        .isInstanceOf(ShapeException.class);
  }
}
