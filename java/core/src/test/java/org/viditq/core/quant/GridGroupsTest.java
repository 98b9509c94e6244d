package org.viditq.core.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.error.ShapeException;
import org.viditq.core.quant.ActivationQuantization.DynamicToken;
import org.viditq.core.quant.ActivationQuantization.DynamicTokenShared;
import org.viditq.core.quant.ActivationQuantization.StaticTensor;
import org.viditq.core.quant.ActivationQuantization.StaticToken;
import org.viditq.core.tensor.Shape;

class GridGroupsTest {
  private static final IntegerFormat FORMAT = IntegerFormat.asymmetric(8);
  private static final Shape X = Shape.of(2, 3, 5);

  private static AffineGrid grid(int groups) {
    float[] hi = new float[groups];
    Arrays.fill(hi, 255);
    return MinMaxGrid.of(FORMAT, new float[groups], hi);
  }

  @Test
  void countsGroupsOfEveryScheme() {
    assertThat(GridGroups.of(new DynamicToken(FORMAT), X).count()).isEqualTo(6);
    assertThat(GridGroups.of(new DynamicTokenShared(FORMAT), X).count()).isEqualTo(3);
    assertThat(GridGroups.of(new StaticToken(grid(3)), X).count()).isEqualTo(3);
    assertThat(GridGroups.of(new StaticTensor(grid(1)), X).count()).isEqualTo(1);
  }

  @Test
  void onlyStaticSchemesAreCalibrated() {
    assertThat(GridGroups.of(new StaticTensor(grid(1)), X).calibrated()).isPresent();
    assertThat(GridGroups.of(new StaticToken(grid(3)), X).calibrated()).isPresent();
    assertThat(GridGroups.of(new DynamicToken(FORMAT), X).calibrated()).isEmpty();
    assertThat(GridGroups.of(new DynamicTokenShared(FORMAT), X).calibrated()).isEmpty();
  }

  @Test
  void publishedSmallScaleRuleSeesOneSampleAtATime() {
    AffineGrid grid =
        GridGroups.of(new DynamicToken(FORMAT, SmallScaleRule.ALL_GROUPS_AS_PUBLISHED), X)
            .measured(new float[6], new float[] {255, 0, 255, 255, 510, 255}, "x");
    assertThat(grid.scale()).containsExactly(1e-6f, 1e-6f, 1e-6f, 1, 2, 1);
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.POSITIVE_INFINITY, Float.NaN, 0, -0f, -1})
  void refusesCalibratedScalesThatNothingCanBeDividedBy(float bad) {
    AffineGrid tensor = new AffineGrid(FORMAT, new float[] {bad}, new int[1]);
    AffineGrid token = new AffineGrid(FORMAT, new float[] {1, 1, bad}, new int[3]);
    for (ActivationQuantization scheme :
        List.of(new StaticTensor(tensor), new StaticToken(token))) {
      assertThatThrownBy(() -> GridGroups.of(scheme, X))
          .isInstanceOf(NonFiniteException.class)
          .hasMessageContaining("operator quantize is " + bad)
          .hasMessageContaining("finite and above 0");
    }
  }

  @Test
  void refusesRangesBeyondFloat32() {
    GridGroups groups = GridGroups.of(new DynamicTokenShared(FORMAT), X);
    float[] lo = {-1, -3e38f, 0};
    assertThatThrownBy(() -> groups.measured(lo, new float[] {1, 3e38f, 1}, "Layer fc"))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageStartingWith("Layer fc has a range beyond float32");
    assertThat(groups.measured(lo, new float[] {1, 4e37f, 1}, "Layer fc").scale()[1]).isFinite();
  }

  @Test
  void refusesShapesThatTheSchemeCannotGroup() {
    assertThatThrownBy(() -> GridGroups.of(new DynamicTokenShared(FORMAT), Shape.of(3, 5)))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("[3, 5]");
    assertThatThrownBy(() -> GridGroups.of(new StaticToken(grid(4)), X))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("4 token indices");
    assertThatThrownBy(() -> GridGroups.of(new DynamicToken(FORMAT), Shape.of(0, 5)))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("[0, 5]");
  }
}
