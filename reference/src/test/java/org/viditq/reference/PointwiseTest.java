package org.viditq.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.viditq.reference.TestData.vector;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.core.operators.Activation;
import org.viditq.core.tensor.Tensor;

class PointwiseTest {
  private final ReferenceOperators operators = new ReferenceOperators(2, 0);

  @AfterEach
  void close() {
    operators.close();
  }

  /** Values of erf from Abramowitz and Stegun, table 7.1. */
  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "0.1, 0.1124629160",
    "0.5, 0.5204998778",
    "1, 0.8427007929",
    "1.5, 0.9661051465",
    "2, 0.9953222650",
    "-1, -0.8427007929",
    "7, 1",
    "-40, -1",
  })
  void erf(double x, double expected) {
    assertThat(ErrorFunction.erf(x)).isCloseTo(expected, within(5e-11));
  }

  @Test
  void activationsAtKnownPoints() {
    Tensor x = vector(-1e4f, -1, 0, 1, 1e4f);
    assertThat(operators.activate(x, Activation.NONE).data()).isEqualTo(x.data());
    assertThat(operators.activate(x, Activation.RELU).data()).containsExactly(0, 0, 0, 1, 1e4f);
    assertThat(operators.activate(x, Activation.SILU).data())
        .containsExactly(new float[] {0, -0.2689414f, 0, 0.7310586f, 1e4f}, within(1e-7f));
    assertThat(operators.activate(x, Activation.GELU_ERF).data())
        .containsExactly(new float[] {0, -0.1586553f, 0, 0.8413447f, 1e4f}, within(1e-7f));
    assertThat(operators.activate(x, Activation.GELU_TANH).data())
        .containsExactly(new float[] {0, -0.1588080f, 0, 0.8411920f, 1e4f}, within(1e-7f));
  }

  @Test
  void geluTanhIsItsFormula() {
    for (double x = -6; x < 6; x += 0.037) {
      double u = Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x);
      assertThat(Nonlinearity.apply(Activation.GELU_TANH, x))
          .isCloseTo(0.5 * x * (1 + Math.tanh(u)), within(1e-14));
    }
  }

  @Test
  void addAndMultiplyBroadcast() {
    Tensor column = Tensor.of(new float[] {10, 20}, 2, 1);
    Tensor row = vector(1, 2, 3);
    Tensor sum = operators.add(column, row);
    assertThat(sum.shape().toArray()).containsExactly(2, 3);
    assertThat(sum.data()).containsExactly(11, 12, 13, 21, 22, 23);
    assertThat(operators.multiply(row, column).data()).containsExactly(10, 20, 30, 20, 40, 60);
    Tensor inner = Tensor.of(new float[] {1, 2}, 2, 1, 1);
    Tensor outer = Tensor.of(new float[] {1, 2, 3, 4}, 1, 2, 2);
    assertThat(operators.multiply(inner, outer).data()).containsExactly(1, 2, 3, 4, 2, 4, 6, 8);
  }

  @Test
  void scaleKeepsTheShape() {
    Tensor scaled = operators.scale(Tensor.of(new float[] {1, -2}, 2, 1), 0.5f);
    assertThat(scaled.shape().toArray()).containsExactly(2, 1);
    assertThat(scaled.data()).containsExactly(0.5f, -1);
    assertThat(operators.scale(Tensor.of(new float[] {3}), 2).shape().rank()).isZero();
  }
}
