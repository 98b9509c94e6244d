package org.viditq.core.schedule;

import java.util.function.IntBinaryOperator;
import org.viditq.core.random.NoiseSource;
import org.viditq.core.schedule.DpmSolverAlgorithm.SolverType;
import org.viditq.core.schedule.DpmSolverAlgorithm.Terms;
import org.viditq.core.tensor.Tensor;

/**
 * DPM-Solver multistep on a given grid of noise levels, orders 1 to 3. Lu et al., "DPM-Solver++:
 * Fast Solver for Guided Sampling of Diffusion Probabilistic Models", 2022, algorithm 2 and its
 * appendix.
 *
 * <p>The third-order update is the published one, whose D2 is half of h² times the second
 * derivative that the expansion asks for: it is more exact than the second-order one, but not of a
 * higher order.
 *
 * <p>Every update is a linear combination of the sample, the last predictions of the clean sample
 * (or the noise) and fresh noise; its coefficients are computed in float64.
 */
final class DpmSolverRun extends SequentialRun {
  private final DpmSolverAlgorithm algorithm;
  private final SolverType solverType;
  private final ModelConversion conversion;
  private final IntBinaryOperator order;

  /** Predictions of the clean sample or the noise, newest first. */
  private final Tensor[] predictions = new Tensor[3];

  /**
   * @param order of the update, 1 to 3, from the step and the number of steps taken before it
   */
  DpmSolverRun(
      NoiseGrid grid,
      DpmSolverAlgorithm algorithm,
      SolverType solverType,
      ModelConversion conversion,
      IntBinaryOperator order) {
    super(grid);
    this.algorithm = algorithm;
    this.solverType = solverType;
    this.conversion = conversion;
    this.order = order;
  }

  @Override
  Tensor advance(Tensor modelOutput, int step, Tensor sample, NoiseSource noise) {
    predictions[2] = predictions[1];
    predictions[1] = predictions[0];
    predictions[0] =
        algorithm.predictsData()
            ? conversion.clean(modelOutput, sample, sigma(step))
            : conversion.noise(modelOutput, sample, sigma(step));

    Terms terms = algorithm.update(sigma(step), sigma(step + 1));
    LinearCombination next = LinearCombination.start(terms.sample(), sample);
    double[] weights = weights(terms, step);
    for (int k = 0; k < weights.length; k++) {
      next.add(weights[k], predictions[k]);
    }
    if (algorithm.isStochastic()) {
      next.add(terms.noise(), noise.draw(sample.shape()));
    }
    return next.toTensor();
  }

  /** Weights of the predictions m0, m1, m2, newest first. */
  private double[] weights(Terms terms, int step) {
    int used = order.applyAsInt(step, history(step));
    if (used == 1 || terms.d0() == 0) {
      return new double[] {terms.d0()};
    }
    double h = lambda(step + 1) - lambda(step);
    double r0 = (lambda(step) - lambda(step - 1)) / h;
    if (used == 2) {
      // The weight of D1 = (m0 - m1) / r0.
      double d1 = solverType == SolverType.MIDPOINT ? terms.d1Midpoint() : terms.d1();
      return new double[] {terms.d0() + d1 / r0, -d1 / r0};
    }
    double r1 = (lambda(step - 1) - lambda(step - 2)) / h;
    // With a = (m0 - m1) / r0 and b = (m1 - m2) / r1 the update adds
    // d1 (a + (a - b) r0 / (r0 + r1)) + d2 (a - b) / (r0 + r1).
    double difference = (terms.d1() * r0 + terms.d2()) / (r0 + r1);
    double a = terms.d1() + difference;
    double b = -difference;
    return new double[] {terms.d0() + a / r0, b / r1 - a / r0, -b / r1};
  }

  private double lambda(int point) {
    return SignalLevel.lambda(sigma(point));
  }
}
