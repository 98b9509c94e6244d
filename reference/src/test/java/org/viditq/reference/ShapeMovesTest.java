package org.viditq.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.viditq.reference.TestData.normal;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.viditq.core.tensor.Tensor;

class ShapeMovesTest {
  private final ReferenceOperators operators = new ReferenceOperators(1, 0);
  private final Tensor x = Tensor.of(new float[] {0, 1, 2, 3, 4, 5}, 2, 3);

  @AfterEach
  void close() {
    operators.close();
  }

  @Test
  void permutes() {
    assertThat(operators.permute(x, 1, 0).data()).containsExactly(0, 3, 1, 4, 2, 5);
    Tensor y = normal(1, 2, 3, 4, 5);
    Tensor p = operators.permute(y, 2, 0, 3, 1);
    assertThat(p.shape().toArray()).containsExactly(4, 2, 5, 3);
    for (int a = 0; a < 2; a++) {
      for (int b = 0; b < 3; b++) {
        for (int c = 0; c < 4; c++) {
          for (int d = 0; d < 5; d++) {
            assertThat(p.data()[((c * 2 + a) * 5 + d) * 3 + b])
                .isEqualTo(y.data()[((a * 3 + b) * 4 + c) * 5 + d]);
          }
        }
      }
    }
  }

  @Test
  void concatenatesAndSlicesBack() {
    Tensor y = operators.concat(List.of(x, operators.scale(x, 10)), 1);
    assertThat(y.data()).containsExactly(0, 1, 2, 0, 10, 20, 3, 4, 5, 30, 40, 50);
    assertThat(operators.slice(y, -1, 0, 3).data()).isEqualTo(x.data());
    assertThat(operators.concat(List.of(x, x), 0).shape().toArray()).containsExactly(4, 3);
    assertThat(operators.slice(x, 0, 1, 2).data()).containsExactly(3, 4, 5);
    assertThat(operators.slice(x, 1, 1, 1).size()).isZero();
  }

  @Test
  void broadcasts() {
    Tensor y = operators.broadcast(Tensor.of(new float[] {1, 2}, 2, 1), 2, 2, 3);
    assertThat(y.data()).containsExactly(1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2);
  }

  @Test
  void reshapes() {
    assertThat(operators.reshape(x, 3, 2).shape().toArray()).containsExactly(3, 2);
    assertThat(operators.reshape(x, 3, 2).data()).isEqualTo(x.data());
  }

  @Test
  void upsamples() {
    Tensor y = operators.upsampleNearest2x(Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 1, 2, 1, 3));
    assertThat(y.shape().toArray()).containsExactly(1, 2, 2, 6);
    assertThat(y.data())
        .containsExactly(1, 1, 2, 2, 3, 3, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 4, 4, 5, 5, 6, 6);
  }
}
