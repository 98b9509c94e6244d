package org.viditq.core.schedule;

import java.util.Arrays;
import java.util.Locale;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.schedule.DpmSolverRun.SolverType;

/**
 * DPM-Solver++ multistep as diffusers' {@code DPMSolverMultistepScheduler}: the sampler of the
 * PixArt pipelines.
 *
 * <p>The first step has order 1 and the second at most order 2, because there is no history yet;
 * the last has order 1 if it ends without noise (or with {@code lower_order_final} and fewer than
 * 15 steps), and the one before it then has order 2 at most with fewer than 15 steps.
 */
public final class DpmSolverMultistepScheduler implements Scheduler {
  private static final int FEW_STEPS = 15;

  private final SchedulerOptions options;
  private final int order;
  private final SolverType solverType;
  private final boolean lowerOrderFinal;
  private final boolean eulerAtFinal;
  private final boolean finalSigmaZero;
  private final int lastTrainingStep;

  private DpmSolverMultistepScheduler(SchedulerOptions options, JsonConfig config) {
    this.options = options;
    this.order = config.getInt("solver_order", 2);
    if (order < 1 || order > 3) {
      throw config.invalid("solver_order", "1, 2 or 3");
    }
    this.solverType = readSolverType(config);
    this.lowerOrderFinal = config.getBoolean("lower_order_final", true);
    this.eulerAtFinal = config.getBoolean("euler_at_final", false);
    String finalSigma = config.getString("final_sigmas_type", "zero");
    if (!finalSigma.equals("zero") && !finalSigma.equals("sigma_min")) {
      throw config.invalid("final_sigmas_type", "zero or sigma_min");
    }
    this.finalSigmaZero = finalSigma.equals("zero");
    this.lastTrainingStep =
        clipTrainingSteps(
            options.betas(), config.getDouble("lambda_min_clipped", Double.NEGATIVE_INFINITY));
    if (lastTrainingStep < 1) {
      throw config.invalid("lambda_min_clipped", "below the largest log signal to noise ratio");
    }
  }

  /**
   * Reads diffusers' configuration of this scheduler.
   *
   * @throws org.viditq.core.error.InvalidModelException if it asks for something that is not
   *     implemented: algorithms other than dpmsolver++, thresholding, Karras and other sigma
   *     spacings, learned variances
   */
  public static DpmSolverMultistepScheduler fromConfig(JsonConfig config) {
    if (!config.getString("algorithm_type", "dpmsolver++").equals("dpmsolver++")) {
      throw config.invalid("algorithm_type", "dpmsolver++");
    }
    if (config.getString("variance_type", "none").startsWith("learned")) {
      throw config.invalid("variance_type", "null: DPM-Solver++ has no use for variances");
    }
    return new DpmSolverMultistepScheduler(
        SchedulerOptions.read(config, TimestepSpacing.LINSPACE), config);
  }

  private static SolverType readSolverType(JsonConfig config) {
    try {
      return SolverType.valueOf(
          config.getString("solver_type", "midpoint").toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException unknown) {
      throw config.invalid("solver_type", "midpoint or heun");
    }
  }

  /** The number of training steps left when those with λ below the bound are cut off. */
  private static int clipTrainingSteps(BetaSchedule betas, double lambdaMin) {
    int steps = betas.trainingSteps();
    while (steps > 0 && -Math.log(betas.sigma(steps - 1)) < lambdaMin) {
      steps--;
    }
    return steps;
  }

  @Override
  public SamplingRun start(int steps) {
    SchedulerOptions.requireSteps(steps, lastTrainingStep);
    double[] timesteps = times(steps);
    double[] alphas = new double[steps + 1];
    double[] sigmas = new double[steps + 1];
    for (int i = 0; i < steps; i++) {
      setLevel(alphas, sigmas, i, options.betas().alphaCumprod((int) timesteps[i]));
    }
    setLevel(alphas, sigmas, steps, finalSigmaZero ? 1 : options.betas().alphaCumprod(0));
    return new DpmSolverRun(
        timesteps, alphas, sigmas, orders(steps), options.predictionType(), solverType);
  }

  private static void setLevel(double[] alphas, double[] sigmas, int point, double alphaCumprod) {
    alphas[point] = Math.sqrt(alphaCumprod);
    sigmas[point] = Math.sqrt(1 - alphaCumprod);
  }

  /** Linspace and leading spacing leave out the last of steps + 1 points. */
  private double[] times(int steps) {
    boolean trailing = options.spacing() == TimestepSpacing.TRAILING;
    double[] points =
        options
            .spacing()
            .points(trailing ? steps : steps + 1, lastTrainingStep, options.stepsOffset());
    return SchedulerOptions.requireDistinct(
        Arrays.copyOf(points, steps), options.betas().trainingSteps());
  }

  private int[] orders(int steps) {
    boolean few = steps < FEW_STEPS;
    boolean firstOrderAtEnd = finalSigmaZero || eulerAtFinal || (lowerOrderFinal && few);
    int[] orders = new int[steps];
    for (int i = 0; i < steps; i++) {
      orders[i] = Math.min(order, i + 1);
      if (i == steps - 1 && firstOrderAtEnd) {
        orders[i] = 1;
      } else if (i == steps - 2 && lowerOrderFinal && few) {
        orders[i] = Math.min(orders[i], 2);
      }
    }
    return orders;
  }
}
