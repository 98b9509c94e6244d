package org.viditq.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.viditq.reference.TestData.dense;
import static org.viditq.reference.TestData.normal;
import static org.viditq.reference.TestData.vector;

import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.core.error.BackendException;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.operators.Activation;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.LinearParameters;
import org.viditq.core.tensor.Tensor;

class DenseLinearTest {
  private final ReferenceOperators operators = new ReferenceOperators(2, 1 << 20);

  @AfterEach
  void close() {
    operators.close();
  }

  @Test
  void computesByHand() {
    Linear layer =
        operators.prepare(
            dense(
                "fc",
                Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 3, 2),
                Optional.of(vector(1, 0, -1))));
    Tensor y = operators.linear(Tensor.of(new float[] {1, -1, 0.5f, 2}, 2, 2), layer);
    assertThat(y.shape().toArray()).containsExactly(2, 3);
    assertThat(y.data()).containsExactly(0, -1, -2, 5.5f, 9.5f, 13.5f);
  }

  @ParameterizedTest
  @CsvSource({"1,1,1", "2,7,3", "31,33,5", "32,8,64", "33,130,72", "97,17,1"})
  void agreesWithPlainLoops(int m, int k, int n) {
    Tensor x = normal(1, m, k);
    Tensor w = normal(2, n, k);
    Tensor b = normal(3, n);
    Tensor y = operators.linear(x, operators.prepare(dense("fc", w, Optional.of(b))));
    for (int i = 0; i < m; i++) {
      for (int j = 0; j < n; j++) {
        double expected = b.data()[j];
        for (int c = 0; c < k; c++) {
          expected += (double) x.data()[i * k + c] * w.data()[j * k + c];
        }
        assertThat((double) y.data()[i * n + j]).isCloseTo(expected, within(1e-5));
      }
    }
  }

  @Test
  void finishesWithActivationGateAndResidual() {
    int batch = 3;
    int tokens = 5;
    int n = 4;
    Tensor x = normal(1, batch, tokens, 6);
    Linear layer = operators.prepare(dense("fc", normal(2, n, 6), Optional.empty()));
    Tensor gate = normal(3, batch, 1, n);
    Tensor residual = normal(4, batch, tokens, n);
    Tensor y = operators.linear(x, layer);
    Tensor finished =
        operators.linear(
            x, layer, new Epilogue<>(Activation.RELU, Optional.of(gate), Optional.of(residual)));
    for (int i = 0; i < y.size(); i++) {
      int sample = i / (tokens * n);
      double expected =
          residual.data()[i] + gate.data()[sample * n + i % n] * Math.max(0, y.data()[i]);
      assertThat((double) finished.data()[i]).isCloseTo(expected, within(1e-5));
    }
  }

  @Test
  void sharesOneGateAmongSamples() {
    Tensor x = normal(1, 2, 3, 4);
    Linear layer = operators.prepare(dense("fc", normal(2, 4, 4), Optional.empty()));
    Tensor zero = Tensor.zeros(2, 3, 4);
    Tensor gate = normal(3, 1, 1, 4);
    Tensor repeated = operators.broadcast(gate, 2, 1, 4);
    assertThat(operators.linear(x, layer, Epilogue.gatedResidual(gate, zero)).data())
        .isEqualTo(operators.linear(x, layer, Epilogue.gatedResidual(repeated, zero)).data());
  }

  @Test
  void runsLayersBeyondTheWeightCache() {
    Tensor x = normal(1, 40, 16);
    LinearParameters parameters = dense("fc", normal(2, 24, 16), Optional.empty());
    try (ReferenceOperators uncached = new ReferenceOperators(1, 0)) {
      assertThat(uncached.linear(x, uncached.prepare(parameters)).data())
          .isEqualTo(operators.linear(x, operators.prepare(parameters)).data());
    }
  }

  @Test
  void refusesNonFiniteParametersNamingTheLayer() {
    assertThatThrownBy(
            () ->
                operators.prepare(
                    dense("blocks.3.fc1", vectorAsMatrix(1, Float.NaN), Optional.empty())))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining("weight of layer blocks.3.fc1");
    assertThatThrownBy(
            () ->
                operators.prepare(
                    dense(
                        "blocks.3.fc1",
                        vectorAsMatrix(1, 2),
                        Optional.of(vector(Float.POSITIVE_INFINITY)))))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining("bias of layer blocks.3.fc1");
  }

  @Test
  void refusesLayersOfOtherBackends() {
    LinearParameters parameters = dense("fc", normal(1, 2, 2), Optional.empty());
    Linear foreign = () -> parameters;
    assertThatThrownBy(() -> operators.linear(normal(2, 1, 2), foreign))
        .isInstanceOf(BackendException.class)
        .hasMessageContaining("fc");
  }

  private static Tensor vectorAsMatrix(float... values) {
    return Tensor.of(values, 1, values.length);
  }
}
