package org.viditq.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.viditq.reference.TestData.normal;
import static org.viditq.reference.TestData.vector;

import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.viditq.core.tensor.Tensor;

class NormalizationTest {
  private final ReferenceOperators operators = new ReferenceOperators(2, 0);

  @AfterEach
  void close() {
    operators.close();
  }

  @Test
  void layerNormByHand() {
    Tensor x = Tensor.of(new float[] {1, 3, -2, 2}, 2, 2);
    assertThat(operators.layerNorm(x, Optional.empty(), Optional.empty(), 0).data())
        .containsExactly(-1, 1, -1, 1);
    // Variance 1 plus eps 3: the deviation is divided by 2.
    assertThat(
            operators
                .layerNorm(
                    Tensor.of(new float[] {1, 3}, 1, 2),
                    Optional.of(vector(10, 20)),
                    Optional.of(vector(0.5f, -1)),
                    3)
                .data())
        .containsExactly(-4.5f, 9);
  }

  @Test
  void layerNormSurvivesALargeMean() {
    Tensor x = Tensor.of(new float[] {1e6f, 1e6f + 1, 1e6f + 2, 1e6f + 3}, 4);
    float[] y = operators.layerNorm(x, Optional.empty(), Optional.empty(), 0).data();
    float unit = (float) (1 / Math.sqrt(1.25));
    assertThat(y)
        .containsExactly(
            new float[] {-1.5f * unit, -0.5f * unit, 0.5f * unit, 1.5f * unit}, within(1e-6f));
  }

  @Test
  void modulationIsAffinePerSample() {
    Tensor x = normal(1, 2, 35, 7);
    Tensor shift = normal(2, 2, 1, 7);
    Tensor scale = normal(3, 1, 1, 7);
    Tensor n = operators.layerNorm(x, Optional.empty(), Optional.empty(), 1e-6f);
    Tensor expected =
        operators.add(operators.multiply(n, operators.add(scale, Tensor.full(1, 1))), shift);
    assertThat(operators.layerNormModulate(x, shift, scale, 1e-6f).data())
        .containsExactly(expected.data(), within(1e-5f));
  }

  @Test
  void rmsNormByHand() {
    // Mean square 12.5 plus eps 3.5 has root 4.
    assertThat(operators.rmsNorm(vector(3, 4), vector(2, -1), 3.5f).data())
        .containsExactly(1.5f, -1);
  }

  @Test
  void groupNormAgreesWithPlainLoops() {
    int b = 2;
    int c = 6;
    int h = 3;
    int w = 5;
    int groups = 3;
    Tensor x = normal(1, b, c, h, w);
    Tensor gamma = normal(2, c);
    Tensor beta = normal(3, c);
    Tensor y = operators.groupNorm(x, gamma, beta, groups, 1e-3f);
    int groupSize = c / groups * h * w;
    for (int i = 0; i < x.size(); i++) {
      int first = i / groupSize * groupSize;
      double mean = 0;
      double square = 0;
      for (int j = first; j < first + groupSize; j++) {
        mean += (double) x.data()[j] / groupSize;
        square += (double) x.data()[j] * x.data()[j] / groupSize;
      }
      int channel = i / (h * w) % c;
      double expected =
          (x.data()[i] - mean) / Math.sqrt(square - mean * mean + 1e-3) * gamma.data()[channel]
              + beta.data()[channel];
      assertThat((double) y.data()[i]).isCloseTo(expected, within(1e-5));
    }
  }
}
