package org.viditq.quantize.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Tensor;

class ErrorStatisticsTest {
  @Test
  void measuresWhatTheFormulasSay() {
    Tensor reference = Tensor.of(new float[] {3, 4}, 2);
    ErrorStatistics error = ErrorStatistics.of(reference, Tensor.of(new float[] {3, 3.5f}, 2));
    assertThat(error.meanSquaredError()).isEqualTo(0.125);
    assertThat(error.maxAbsolute()).isEqualTo(0.5);
    assertThat(error.relativeL2()).isCloseTo(0.1, within(1e-12));
    assertThat(error.sqnrDecibel()).isCloseTo(20, within(1e-9));
  }

  @Test
  void equalTensorsHaveNoError() {
    Tensor zeros = Tensor.zeros(2, 3);
    ErrorStatistics error = ErrorStatistics.of(zeros, zeros);
    assertThat(error.relativeL2()).isZero();
    assertThat(error.sqnrDecibel()).isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(Psnr.of(zeros, zeros, 1)).isEqualTo(Double.POSITIVE_INFINITY);
  }

  @Test
  void aZeroReferenceMakesAnyErrorInfinite() {
    ErrorStatistics error = ErrorStatistics.of(Tensor.zeros(2), Tensor.full(1, 2));
    assertThat(error.relativeL2()).isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(error.sqnrDecibel()).isEqualTo(Double.NEGATIVE_INFINITY);
  }

  @Test
  void shapesMustAgree() {
    assertThatThrownBy(() -> ErrorStatistics.of(Tensor.zeros(2, 3), Tensor.zeros(3, 2)))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("[2, 3]")
        .hasMessageContaining("[3, 2]");
    assertThatThrownBy(() -> ErrorStatistics.of(Tensor.zeros(0), Tensor.zeros(0)))
        .isInstanceOf(ShapeException.class);
  }
}
