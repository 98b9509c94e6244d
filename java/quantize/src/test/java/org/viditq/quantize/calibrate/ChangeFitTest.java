package org.viditq.quantize.calibrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.viditq.core.pipeline.cache.ChangeEstimate;
import org.viditq.core.pipeline.cache.StepChange;

class ChangeFitTest {
  private static double polynomial(double x) {
    return 0.02 + 3 * x - 40 * x * x + 300 * x * x * x - 250 * x * x * x * x;
  }

  @Test
  void aPolynomialIsFound() {
    List<StepChange> changes =
        IntStream.range(0, 30)
            .mapToDouble(i -> 0.01 + 0.01 * i)
            .mapToObj(x -> new StepChange(x, polynomial(x)))
            .toList();
    ChangeEstimate fit = ChangeFit.of(changes);
    assertThat(fit.coefficients()).hasSize(5);
    assertThat(fit.from()).isEqualTo(0.01);
    assertThat(fit.to()).isCloseTo(0.3, within(1e-12));
    for (StepChange change : changes) {
      assertThat(fit.of(change.input())).isCloseTo(change.residual(), within(1e-9));
    }
  }

  /** The mean of what there is at one place; a line through two places. */
  @Test
  void fewChangesGiveALowerDegree() {
    ChangeEstimate constant =
        ChangeFit.of(List.of(new StepChange(0.1, 0.2), new StepChange(0.1, 0.4)));
    assertThat(constant.of(0.1)).isCloseTo(0.3, within(1e-12));
    ChangeEstimate line =
        ChangeFit.of(
            List.of(
                new StepChange(0.1, 0.2),
                new StepChange(0.3, 0.6),
                new StepChange(Double.POSITIVE_INFINITY, 1),
                new StepChange(0.2, Double.NaN)));
    assertThat(line.coefficients()).hasSize(2);
    assertThat(line.of(0.2)).isCloseTo(0.4, within(1e-12));
  }

  @Test
  void nothingToFitGivesTheIdentity() {
    assertThat(ChangeFit.of(List.of())).isEqualTo(ChangeEstimate.IDENTITY);
    assertThat(ChangeFit.of(List.of(new StepChange(0, 0)))).isEqualTo(ChangeEstimate.IDENTITY);
  }
}
