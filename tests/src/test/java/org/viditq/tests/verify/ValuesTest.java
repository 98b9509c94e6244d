package org.viditq.tests.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Shape;
import org.viditq.verify.fixture.Values;
import org.viditq.verify.fixture.Values.Floats;
import org.viditq.verify.fixture.Values.Integers;

/** How results of the product become what fixtures hold. */
class ValuesTest {
  @Test
  void partsAreStackedInOrder() {
    Integers integers =
        (Integers)
            Values.stack(
                List.of(Values.of(new int[] {1, 2}, 2, 1), Values.of(new int[] {3, 4}, 2, 1)));
    assertThat(integers.shape()).isEqualTo(Shape.of(2, 2, 1));
    assertThat(integers.data()).containsExactly(1, 2, 3, 4);

    Floats matrix = (Floats) Values.of(new double[][] {{1, 2, 3}, {4, 5, 6}});
    assertThat(matrix.shape()).isEqualTo(Shape.of(2, 3));
    assertThat(matrix.data()).containsExactly(1, 2, 3, 4, 5, 6);
  }

  @Test
  void partsOfAStackAreAlike() {
    List<Values> shapes = List.of(Values.of(1, 2), Values.of(1, 2, 3));
    List<Values> kinds = List.of(Values.of(1.0), Values.of(new int[] {1}, 1));
    for (List<Values> parts : List.of(shapes, kinds, List.<Values>of())) {
      assertThatThrownBy(() -> Values.stack(parts)).isInstanceOf(ShapeException.class);
    }
  }

  @Test
  void onlyWholeNumbersBecomeIntegers() {
    assertThat(((Integers) Values.of(999, 0, -3).whole()).data()).containsExactly(999, 0, -3);
    for (double value : new double[] {0.5, Double.NaN, Double.POSITIVE_INFINITY, 1e30}) {
      assertThat(Values.of(1, value).whole()).isInstanceOf(Floats.class);
    }
  }
}
