package org.viditq.core.pipeline.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Tensor;

class ChangeMeterTest {
  private static Tensor input(float... values) {
    return Tensor.of(values, 1, 1, values.length);
  }

  private static List<Boolean> decisions(ChangeMeter meter, float... means) {
    List<Boolean> computes = new ArrayList<>();
    for (int i = 0; i < means.length; i++) {
      ChangeMeter.Decision decision = meter.at(input(means[i], -means[i]), i == means.length - 1);
      computes.add(decision.computes());
      meter = decision.next();
    }
    return computes;
  }

  /**
   * Changes by hand: 10/100 = 0.1; 11/110 = 0.1, together 0.2, not below; from there anew 12.1/121
   * = 0.1; 0; 13.31/133.1 = 0.1, together 0.2 again; the last one in any case.
   */
  @Test
  void computesWhereChangesAddUpToTheThreshold() {
    float[] sequence = {100, 110, 121, 133.1f, 133.1f, 146.41f, 146.41f, 146.41f};
    assertThat(decisions(ChangeMeter.start(0.19, ChangeEstimate.IDENTITY), sequence))
        .containsExactly(true, false, true, false, false, true, false, true);
  }

  /** 0.5 + 10 x² of x = 0.1 is 0.6, of x = 0 outside of the fit still that of 0.1. */
  @Test
  void thePolynomialEstimatesTheChangeWithinItsRange() {
    ChangeEstimate estimate = new ChangeEstimate(List.of(0.5, 0.0, 10.0), 0.1, 0.2);
    assertThat(estimate.of(0.1)).isCloseTo(0.6, within(1e-12));
    assertThat(estimate.of(0)).isCloseTo(0.6, within(1e-12));
    assertThat(estimate.of(0.2)).isCloseTo(0.9, within(1e-12));
    assertThat(estimate.of(7)).isCloseTo(0.9, within(1e-12));
    assertThat(estimate.of(Double.POSITIVE_INFINITY)).isCloseTo(0.9, within(1e-12));
    assertThat(new ChangeEstimate(List.of(-1.0), 0, 1).of(0.5)).isZero();
    assertThat(decisions(ChangeMeter.start(1.3, estimate), 1, 1, 1, 1, 1))
        .containsExactly(true, false, false, true, true);
  }

  @Test
  void aThresholdOfZeroComputesEveryStep() {
    assertThat(decisions(ChangeMeter.start(0, ChangeEstimate.IDENTITY), 3, 3, 3, 3))
        .containsExactly(true, true, true, true);
  }

  @Test
  void aStepThatIsTriedOnceMoreIsDecidedAsBefore() {
    ChangeMeter second =
        ChangeMeter.start(0.15, ChangeEstimate.IDENTITY).at(input(100), false).next();
    ChangeMeter third = second.at(input(110), false).next();
    assertThat(second.at(input(110), false).computes()).isFalse();
    assertThat(third.at(input(121), false).computes()).isTrue();
    assertThat(third.at(input(121), false).computes()).isTrue();
  }

  @Test
  void whatIsNotANumberIsComputed() {
    ChangeMeter second = ChangeMeter.start(1, ChangeEstimate.IDENTITY).at(input(1), false).next();
    assertThat(second.at(input(Float.NaN), false).computes()).isTrue();
  }

  @Test
  void relativeChangeIsThatOfAllValuesTogether() {
    assertThat(RelativeChange.of(input(1, -2, 3), input(2, -2, 1))).isCloseTo(0.5, within(1e-12));
    assertThat(RelativeChange.of(input(0, 0), input(0, 0))).isZero();
    assertThat(RelativeChange.of(input(0, 0), input(0, 1))).isInfinite();
    assertThatThrownBy(() -> RelativeChange.of(input(1), input(1, 2)))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("[1, 1, 1] and [1, 1, 2]");
  }
}
