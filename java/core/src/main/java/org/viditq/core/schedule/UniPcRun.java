package org.viditq.core.schedule;

import java.util.function.IntBinaryOperator;
import java.util.function.IntPredicate;
import org.viditq.core.random.NoiseSource;
import org.viditq.core.schedule.UniPcMultistepScheduler.SolverType;
import org.viditq.core.tensor.Tensor;

/**
 * UniPC on a given grid of noise levels. Zhao et al., 2023, algorithms 5 to 8: with D_k = (m_k -
 * m_0) / r_k of the earlier predictions m_k at relative distances r_k, an update is a first-order
 * step plus B(h) Σ ρ_k D_k, where ρ solves a Vandermonde system.
 */
final class UniPcRun extends SequentialRun {
  private final ModelConversion conversion;
  private final boolean predictsData;
  private final SolverType solverType;
  private final IntBinaryOperator order;
  private final IntPredicate corrected;

  /** Predictions of the clean sample or the noise, newest first. */
  private final Tensor[] predictions = new Tensor[3];

  /** The corrected sample before the last step, and the order of that step. */
  private Tensor lastSample;

  private int lastOrder;

  /**
   * @param order of the update, 1 to 3, from the step and the number of steps taken before it
   * @param corrected whether the result of a step is corrected
   */
  UniPcRun(
      NoiseGrid grid,
      ModelConversion conversion,
      boolean predictsData,
      SolverType solverType,
      IntBinaryOperator order,
      IntPredicate corrected) {
    super(grid);
    this.conversion = conversion;
    this.predictsData = predictsData;
    this.solverType = solverType;
    this.order = order;
    this.corrected = corrected;
  }

  @Override
  Tensor advance(Tensor modelOutput, int step, Tensor sample, NoiseSource noise) {
    Tensor prediction =
        predictsData
            ? conversion.clean(modelOutput, sample, sigma(step))
            : conversion.noise(modelOutput, sample, sigma(step));
    Tensor current = sample;
    if (history(step) > 0 && corrected.test(step - 1)) {
      current = update(lastSample, step - 1, lastOrder, prediction);
    }
    predictions[2] = predictions[1];
    predictions[1] = predictions[0];
    predictions[0] = prediction;
    lastSample = current;
    lastOrder = order.applyAsInt(step, history(step));
    return update(current, step, lastOrder, null);
  }

  /**
   * The sample after {@code step}.
   *
   * @param from the sample before it
   * @param ahead the prediction at the end of the step, for the corrector; null for the predictor
   */
  private Tensor update(Tensor from, int step, int used, Tensor ahead) {
    double start = sigma(step);
    double end = sigma(step + 1);
    double h = SignalLevel.lambda(end) - SignalLevel.lambda(start);
    double signed = predictsData ? -h : h;
    double sampleWeight =
        predictsData
            ? SignalLevel.sigma(end) / SignalLevel.sigma(start)
            : SignalLevel.alpha(end) / SignalLevel.alpha(start);
    double scale = predictsData ? SignalLevel.alpha(end) : SignalLevel.sigma(end);

    LinearCombination next = LinearCombination.start(sampleWeight, from);
    double newest = -scale * Math.expm1(signed);
    if (used > 1 || ahead != null) {
      double b = solverType == SolverType.BH1 ? signed : Math.expm1(signed);
      double[] distances = distances(step, used, h);
      double[] rho = rho(distances, signed, b, ahead != null);
      for (int k = 1; k < used; k++) {
        double weight = -scale * b * rho[k - 1] / distances[k - 1];
        next.add(weight, predictions[k]);
        newest -= weight;
      }
      if (ahead != null) {
        double weight = -scale * b * rho[used - 1];
        next.add(weight, ahead);
        newest -= weight;
      }
    }
    return next.add(newest, predictions[0]).toTensor();
  }

  /** Distances in λ of the earlier predictions and of the step's end, in units of h. */
  private double[] distances(int step, int used, double h) {
    double[] distances = new double[used];
    for (int k = 1; k < used; k++) {
      distances[k - 1] =
          (SignalLevel.lambda(sigma(step - k)) - SignalLevel.lambda(sigma(step))) / h;
    }
    distances[used - 1] = 1;
    return distances;
  }

  /** Solves Σ_k ρ_k r_k^(i-1) = i! φ_(i+1)(h) / B(h) for i = 1, 2, ... */
  private static double[] rho(double[] distances, double h, double b, boolean withEnd) {
    int unknowns = withEnd ? distances.length : distances.length - 1;
    if (unknowns == 1) {
      return new double[] {0.5}; // The paper's choice; it keeps the order and needs no solution.
    }
    double[][] system = new double[unknowns][unknowns + 1];
    double phi = Math.expm1(h) / h - 1;
    double factorial = 1;
    for (int i = 0; i < unknowns; i++) {
      for (int k = 0; k < unknowns; k++) {
        system[i][k] = Math.pow(distances[k], i);
      }
      system[i][unknowns] = phi * factorial / b;
      factorial *= i + 2;
      phi = phi / h - 1 / factorial;
    }
    return solve(system);
  }

  /** Gaussian elimination with partial pivoting of a system with its right side behind it. */
  private static double[] solve(double[][] system) {
    int n = system.length;
    for (int column = 0; column < n; column++) {
      int pivot = column;
      for (int row = column + 1; row < n; row++) {
        if (Math.abs(system[row][column]) > Math.abs(system[pivot][column])) {
          pivot = row;
        }
      }
      double[] swapped = system[column];
      system[column] = system[pivot];
      system[pivot] = swapped;
      for (int row = column + 1; row < n; row++) {
        double factor = system[row][column] / system[column][column];
        for (int k = column; k <= n; k++) {
          system[row][k] -= factor * system[column][k];
        }
      }
    }
    double[] solution = new double[n];
    for (int row = n - 1; row >= 0; row--) {
      double sum = system[row][n];
      for (int k = row + 1; k < n; k++) {
        sum -= system[row][k] * solution[k];
      }
      solution[row] = sum / system[row][row];
    }
    return solution;
  }
}
