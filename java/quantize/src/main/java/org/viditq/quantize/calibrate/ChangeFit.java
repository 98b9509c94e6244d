package org.viditq.quantize.calibrate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.LinearSolverFactory_DDRM;
import org.ejml.interfaces.linsol.LinearSolverDense;
import org.viditq.core.pipeline.cache.ChangeEstimate;
import org.viditq.core.pipeline.cache.StepChange;

/**
 * Fits the polynomial of step caching to the changes of a calibration, by least squares; of the
 * fourth degree, as TeaCache (Liu et al. 2024) has it.
 */
public final class ChangeFit {
  private static final int DEGREE = 4;

  private ChangeFit() {}

  /**
   * Fewer different changes of the input than coefficients give a lower degree, and none the
   * identity.
   *
   * @param changes those with an infinite one are left out
   */
  public static ChangeEstimate of(List<StepChange> changes) {
    List<StepChange> finite =
        changes.stream()
            .filter(c -> Double.isFinite(c.input()) && Double.isFinite(c.residual()))
            .toList();
    double[] inputs = finite.stream().mapToDouble(StepChange::input).distinct().sorted().toArray();
    if (inputs.length == 0 || inputs[inputs.length - 1] == 0) {
      return ChangeEstimate.IDENTITY;
    }
    double from = inputs[0];
    double to = inputs[inputs.length - 1];
    int coefficients = Math.min(DEGREE + 1, inputs.length);
    // Powers of x / to are of one size, where those of x would span many.
    DMatrixRMaj powers = new DMatrixRMaj(finite.size(), coefficients);
    DMatrixRMaj values = new DMatrixRMaj(finite.size(), 1);
    for (int row = 0; row < finite.size(); row++) {
      double power = 1;
      for (int i = 0; i < coefficients; i++) {
        powers.set(row, i, power);
        power *= finite.get(row).input() / to;
      }
      values.set(row, 0, finite.get(row).residual());
    }
    LinearSolverDense<DMatrixRMaj> solver =
        LinearSolverFactory_DDRM.leastSquaresQrPivot(true, false);
    if (!solver.setA(powers)) {
      return ChangeEstimate.IDENTITY;
    }
    DMatrixRMaj solution = new DMatrixRMaj(coefficients, 1);
    solver.solve(values, solution);
    double[] scaled = solution.getData();
    List<Double> unscaled = new ArrayList<>();
    double power = 1;
    for (int i = 0; i < coefficients; i++) {
      unscaled.add(scaled[i] / power);
      power *= to;
    }
    boolean usable = Arrays.stream(scaled).allMatch(Double::isFinite);
    return usable ? new ChangeEstimate(unscaled, from, to) : ChangeEstimate.IDENTITY;
  }
}
