package org.viditq.core.schedule;

import java.util.Arrays;
import java.util.Optional;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.random.NoiseSource;
import org.viditq.core.schedule.DpmSolverAlgorithm.SolverType;
import org.viditq.core.schedule.DpmSolverAlgorithm.Terms;
import org.viditq.core.schedule.NoiseLevels.Rounding;
import org.viditq.core.schedule.SchedulerOptions.Defaults;
import org.viditq.core.tensor.Tensor;

/**
 * DPM-Solver and DPM-Solver++ singlestep as diffusers' {@code DPMSolverSinglestepScheduler}. Lu et
 * al., "DPM-Solver", 2022, algorithms 1 and 2.
 *
 * <p>Steps come in groups of up to the solver's order. The k-th step of a group starts anew from
 * the sample at the group's start and is of order k. The group sizes of a run follow section B.2
 * there: with {@code lower_order_final}, which is implied where sampling ends without noise or the
 * order does not divide the steps, the last groups are shorter and the last step has order 1.
 */
public final class DpmSolverSinglestepScheduler implements Scheduler {
  private final SchedulerOptions options;
  private final NoiseLevels levels;
  private final DpmSolverAlgorithm algorithm;
  private final SolverType solverType;
  private final ModelConversion conversion;
  private final Optional<SigmaSpacing> sigmaSpacing;
  private final int order;
  private final boolean lowerOrderFinal;
  private final boolean endsAtZero;
  private final int clippedSteps;

  private DpmSolverSinglestepScheduler(SchedulerOptions options) {
    JsonConfig config = options.config();
    this.options = options;
    this.levels = new NoiseLevels(options.betas());
    this.algorithm = DpmSolverAlgorithm.read(config);
    if (algorithm == DpmSolverAlgorithm.SDE_DPMSOLVER) {
      throw config.invalid("algorithm_type", "dpmsolver++, sde-dpmsolver++ or dpmsolver");
    }
    this.solverType = SolverType.read(config);
    this.conversion =
        new ModelConversion(options.predictionType(), CleanSampleBounds.readThresholding(config));
    this.sigmaSpacing =
        SigmaSpacing.read(config, SigmaSpacing.KARRAS, SigmaSpacing.EXPONENTIAL, SigmaSpacing.BETA);
    this.order = options.readSolverOrder();
    this.endsAtZero = DpmSolverMultistepScheduler.readEndsAtZero(options, algorithm);
    this.lowerOrderFinal = config.getBoolean("lower_order_final", false) || endsAtZero;
    this.clippedSteps = DpmSolverMultistepScheduler.readClippedSteps(config, options.betas());
  }

  /**
   * Reads diffusers' configuration of this scheduler, which spaces times by linspace only.
   *
   * @throws org.viditq.core.error.InvalidModelException if it asks for something that is not
   *     implemented (flow matching), or that does not go together
   */
  public static DpmSolverSinglestepScheduler fromConfig(JsonConfig config) {
    SchedulerOptions options = SchedulerOptions.read(config, Defaults.of(TimestepSpacing.LINSPACE));
    options.reject("use_flow_sigmas", "use_dynamic_shifting");
    return new DpmSolverSinglestepScheduler(options);
  }

  @Override
  public BetaSchedule betas() {
    return options.betas();
  }

  @Override
  public SamplingRun start(int steps) {
    int trainingSteps = options.betas().trainingSteps() - clippedSteps;
    SchedulerOptions.requireSteps(steps, trainingSteps);
    double end = endsAtZero ? 0 : levels.smallest();
    if (sigmaSpacing.isEmpty()) {
      double[] points = TimestepSpacing.LINSPACE.points(steps + 1, trainingSteps, 0);
      double[] times = Arrays.copyOf(points, steps);
      return new Run(levels.gridAt(SchedulerOptions.requireDistinct(times, trainingSteps), end));
    }
    SigmaSpacing sigmas = sigmaSpacing.get();
    return new Run(
        levels.gridOf(
            sigmas.between(levels.largest(), levels.smallest(), steps),
            sigmas == SigmaSpacing.KARRAS ? Rounding.NEAREST : Rounding.DOWN,
            end));
  }

  @Override
  public SamplingRun startAt(double... timesteps) {
    DpmSolverMultistepScheduler.requireNoSpacing(sigmaSpacing);
    return new Run(
        levels.gridAt(options.requireOwn(timesteps, true), endsAtZero ? 0 : levels.smallest()));
  }

  /** The order of every step of a run. */
  int[] orders(int steps) {
    boolean lower = lowerOrderFinal || steps % order != 0;
    int[] orders = new int[steps];
    for (int i = 0; i < steps; i++) {
      orders[i] = i % order + 1;
    }
    if (lower && order > 1 && steps % order == 0) {
      // The last whole group gives its last step away: 1, 2, 3 becomes 1, 2, 1.
      orders[steps - 1] = 1;
    }
    if (endsAtZero) {
      orders[steps - 1] = 1;
    }
    return orders;
  }

  private final class Run extends SequentialRun {
    private final int[] orders;

    /** The sample at the start of the group. */
    private Tensor start;

    /** Predictions of the clean sample or the noise, newest first. */
    private final Tensor[] predictions = new Tensor[3];

    Run(NoiseGrid grid) {
      super(grid);
      this.orders = orders(grid.timesteps().length);
    }

    @Override
    Tensor advance(Tensor modelOutput, int step, Tensor sample, NoiseSource noise) {
      predictions[2] = predictions[1];
      predictions[1] = predictions[0];
      predictions[0] =
          algorithm.predictsData()
              ? conversion.clean(modelOutput, sample, sigma(step))
              : conversion.noise(modelOutput, sample, sigma(step));
      int used = Math.min(orders[step], history(step) + 1);
      if (used == 1) {
        start = sample;
      }
      Terms terms = algorithm.update(sigma(step - used + 1), sigma(step + 1));
      LinearCombination next = LinearCombination.start(terms.sample(), start);
      double[] weights = weights(terms, step, used);
      for (int k = 0; k < weights.length; k++) {
        next.add(weights[k], predictions[k]);
      }
      if (algorithm.isStochastic()) {
        next.add(terms.noise(), noise.draw(sample.shape()));
      }
      return next.toTensor();
    }

    /** Weights of the predictions m0, m1, m2, newest first. */
    private double[] weights(Terms terms, int step, int used) {
      if (used == 1 || terms.d0() == 0) {
        return new double[] {terms.d0()};
      }
      double from = SignalLevel.lambda(sigma(step - used + 1));
      double h = SignalLevel.lambda(sigma(step + 1)) - from;
      double r0 = (SignalLevel.lambda(sigma(step)) - from) / h;
      if (used == 2) {
        // D0 = m1, D1 = (m0 - m1) / r0.
        double d1 = solverType == SolverType.MIDPOINT ? terms.d1Midpoint() : terms.d1();
        return new double[] {d1 / r0, terms.d0() - d1 / r0};
      }
      if (solverType == SolverType.MIDPOINT) {
        // D0 = m2, D1 = (m0 - m2) / r0.
        return new double[] {terms.d1() / r0, 0, terms.d0() - terms.d1() / r0};
      }
      double r1 = (SignalLevel.lambda(sigma(step - 1)) - from) / h;
      // With a = (m1 - m2) / r1 and b = (m0 - m2) / r0: D1 = (r0 a - r1 b) / (r0 - r1),
      // D2 = 2 (b - a) / (r0 - r1).
      double a = (terms.d1() * r0 - 2 * terms.d2()) / (r0 - r1);
      double b = (2 * terms.d2() - terms.d1() * r1) / (r0 - r1);
      return new double[] {b / r0, a / r1, terms.d0() - a / r1 - b / r0};
    }
  }
}
