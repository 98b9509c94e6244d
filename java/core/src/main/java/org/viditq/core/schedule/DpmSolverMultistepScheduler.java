package org.viditq.core.schedule;

import java.util.Arrays;
import java.util.Optional;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.UsageException;
import org.viditq.core.schedule.DpmSolverAlgorithm.SolverType;
import org.viditq.core.schedule.NoiseLevels.Rounding;
import org.viditq.core.schedule.SchedulerOptions.Defaults;

/**
 * DPM-Solver and DPM-Solver++ multistep, deterministic or stochastic, as diffusers' {@code
 * DPMSolverMultistepScheduler}: the sampler of the PixArt pipelines.
 *
 * <p>The first step has order 1 and the second at most order 2, because there is no history yet;
 * the last has order 1 if it ends without noise (or with {@code lower_order_final} and fewer than
 * 15 steps, or with {@code euler_at_final}), and the one before it then has order 2 at most with
 * fewer than 15 steps.
 */
public final class DpmSolverMultistepScheduler implements Scheduler {
  private static final int FEW_STEPS = 15;

  private final SchedulerOptions options;
  private final NoiseLevels levels;
  private final DpmSolverAlgorithm algorithm;
  private final SolverType solverType;
  private final ModelConversion conversion;
  private final Optional<SigmaSpacing> sigmaSpacing;
  private final int order;
  private final boolean lowerOrderFinal;
  private final boolean eulerAtFinal;
  private final boolean endsAtZero;
  private final int clippedSteps;

  private DpmSolverMultistepScheduler(SchedulerOptions options) {
    JsonConfig config = options.config();
    this.options = options;
    this.levels = new NoiseLevels(options.betas());
    this.algorithm = DpmSolverAlgorithm.read(config);
    this.solverType = SolverType.read(config);
    this.conversion =
        new ModelConversion(options.predictionType(), CleanSampleBounds.readThresholding(config));
    this.sigmaSpacing =
        SigmaSpacing.read(
            config,
            SigmaSpacing.KARRAS,
            SigmaSpacing.LU,
            SigmaSpacing.EXPONENTIAL,
            SigmaSpacing.BETA);
    this.order = options.readSolverOrder();
    if (order == 3 && algorithm == DpmSolverAlgorithm.SDE_DPMSOLVER) {
      throw config.invalid("solver_order", "1 or 2 for algorithm_type sde-dpmsolver");
    }
    this.lowerOrderFinal = config.getBoolean("lower_order_final", true);
    this.eulerAtFinal = config.getBoolean("euler_at_final", false);
    this.endsAtZero = readEndsAtZero(options, algorithm);
    this.clippedSteps = readClippedSteps(config, options.betas());
  }

  /**
   * Reads diffusers' configuration of this scheduler. Variances that the denoiser predicts ({@code
   * variance_type}) are of no use to it: it takes the prediction alone.
   *
   * @throws org.viditq.core.error.InvalidModelException if it asks for something that is not
   *     implemented (flow matching), or that does not go together
   */
  public static DpmSolverMultistepScheduler fromConfig(JsonConfig config) {
    SchedulerOptions options = SchedulerOptions.read(config, Defaults.of(TimestepSpacing.LINSPACE));
    options.reject("use_flow_sigmas", "use_dynamic_shifting");
    return new DpmSolverMultistepScheduler(options.rescaled(true));
  }

  /** The noise prediction has no limit where noise ends. */
  static boolean readEndsAtZero(SchedulerOptions options, DpmSolverAlgorithm algorithm) {
    boolean zero = options.readEndsAtZero();
    if (zero && !algorithm.predictsData()) {
      throw options
          .config()
          .invalid("final_sigmas_type", "sigma_min for algorithm types without ++");
    }
    return zero;
  }

  /** The number of training steps that {@code lambda_min_clipped} cuts off at the noisy end. */
  static int readClippedSteps(JsonConfig config, BetaSchedule betas) {
    double lambdaMin = config.getDouble("lambda_min_clipped", Double.NEGATIVE_INFINITY);
    int steps = betas.trainingSteps();
    while (steps > 0 && SignalLevel.lambda(betas.sigma(steps - 1)) < lambdaMin) {
      steps--;
    }
    if (steps < 1 || Double.isNaN(lambdaMin)) {
      throw config.invalid("lambda_min_clipped", "below the largest log signal to noise ratio");
    }
    return betas.trainingSteps() - steps;
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
      return run(levels.gridAt(times(steps, trainingSteps), end));
    }
    SigmaSpacing sigmas = sigmaSpacing.get();
    boolean byTime = sigmas == SigmaSpacing.KARRAS || sigmas == SigmaSpacing.LU;
    boolean cosine = options.betaScheduleName("linear").equals("squaredcos_cap_v2");
    return run(
        levels.gridOf(
            sigmas.between(levels.largest(), levels.smallest(), steps),
            byTime && !cosine ? Rounding.NEAREST : Rounding.DOWN,
            end));
  }

  @Override
  public SamplingRun startAt(double... timesteps) {
    requireNoSpacing(sigmaSpacing);
    return run(
        levels.gridAt(options.requireOwn(timesteps, true), endsAtZero ? 0 : levels.smallest()));
  }

  /**
   * @throws UsageException if the scheduler chooses its noise levels itself
   */
  static void requireNoSpacing(Optional<SigmaSpacing> spacing) {
    if (spacing.isPresent()) {
      throw new UsageException(
          "With "
              + spacing.get().option()
              + " the scheduler places its steps itself and takes no timesteps of one's own; leave"
              + " one of the two out.");
    }
  }

  private DpmSolverRun run(NoiseGrid grid) {
    int steps = grid.timesteps().length;
    return new DpmSolverRun(
        grid, algorithm, solverType, conversion, (step, history) -> order(step, history, steps));
  }

  private double[] times(int steps, int trainingSteps) {
    if (options.spacing() == TimestepSpacing.TRAILING && clippedSteps > 0) {
      return trailingClippedTimes(steps, trainingSteps);
    }
    return multistepTimes(options, steps, trainingSteps);
  }

  /** Strides are those of the whole schedule, so fewer of them fit. */
  private double[] trailingClippedTimes(int steps, int trainingSteps) {
    double stride = (double) options.betas().trainingSteps() / steps;
    double[] times = new double[(int) Math.ceil(trainingSteps / stride)];
    for (int i = 0; i < times.length; i++) {
      times[i] = Math.rint(trainingSteps - i * stride) - 1;
    }
    return SchedulerOptions.requireDistinct(times, options.betas().trainingSteps());
  }

  /** Linspace and leading spacing leave out the last of steps + 1 points. */
  static double[] multistepTimes(SchedulerOptions options, int steps, int trainingSteps) {
    boolean trailing = options.spacing() == TimestepSpacing.TRAILING;
    double[] points =
        options
            .spacing()
            .points(trailing ? steps : steps + 1, trainingSteps, options.stepsOffset());
    return SchedulerOptions.requireDistinct(
        Arrays.copyOf(points, steps), options.betas().trainingSteps());
  }

  private int order(int step, int history, int steps) {
    boolean few = lowerOrderFinal && steps < FEW_STEPS;
    if (step == steps - 1 && (endsAtZero || eulerAtFinal || few)) {
      return 1;
    }
    int most = Math.min(order, history + 1);
    return step == steps - 2 && few ? Math.min(most, 2) : most;
  }
}
