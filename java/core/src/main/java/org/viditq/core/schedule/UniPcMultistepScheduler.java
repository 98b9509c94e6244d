package org.viditq.core.schedule;

import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.schedule.NoiseLevels.Rounding;
import org.viditq.core.schedule.SchedulerOptions.Defaults;

/**
 * UniPC multistep as diffusers' {@code UniPCMultistepScheduler}. Zhao et al., "UniPC: A Unified
 * Predictor-Corrector Framework for Fast Sampling of Diffusion Models", 2023.
 *
 * <p>Every step first corrects the sample that the last one predicted, now that the denoiser has
 * been evaluated there, and then predicts the next one. With {@code lower_order_final} the orders
 * fall to 1 towards the end.
 */
public final class UniPcMultistepScheduler implements Scheduler {
  /** The function B(h) of the paper. */
  enum SolverType {
    /** B(h) = h. */
    BH1,
    /** B(h) = e^h - 1. */
    BH2
  }

  private final SchedulerOptions options;
  private final NoiseLevels levels;
  private final ModelConversion conversion;
  private final Optional<SigmaSpacing> sigmaSpacing;
  private final SolverType solverType;
  private final boolean predictsData;
  private final int order;
  private final boolean lowerOrderFinal;
  private final boolean endsAtZero;
  private final Set<Integer> uncorrectedSteps;

  private UniPcMultistepScheduler(SchedulerOptions options) {
    JsonConfig config = options.config();
    this.options = options;
    this.levels = new NoiseLevels(options.betas());
    this.predictsData = config.getBoolean("predict_x0", true);
    this.conversion =
        new ModelConversion(
            options.predictionType(),
            // diffusers bounds clean samples only where it integrates them.
            predictsData ? CleanSampleBounds.readThresholding(config) : CleanSampleBounds.NONE);
    this.sigmaSpacing =
        SigmaSpacing.read(config, SigmaSpacing.KARRAS, SigmaSpacing.EXPONENTIAL, SigmaSpacing.BETA);
    this.solverType = readSolverType(config);
    this.order = options.readSolverOrder();
    this.lowerOrderFinal = config.getBoolean("lower_order_final", true);
    this.endsAtZero = options.readEndsAtZero();
    if (endsAtZero && !predictsData) {
      throw config.invalid("final_sigmas_type", "sigma_min where predict_x0 is false");
    }
    if (!lowerOrderFinal && order > 1 && (endsAtZero || sigmaSpacing.isPresent())) {
      throw config.invalid(
          "lower_order_final",
          "true for a solver_order above 1 where sampling ends without noise or repeats its last"
              + " noise level");
    }
    options.readSigmaRange(levels.largest(), levels.smallest());
    this.uncorrectedSteps = readUncorrectedSteps(config);
  }

  /**
   * Reads diffusers' configuration of this scheduler.
   *
   * @throws org.viditq.core.error.InvalidModelException if it asks for something that is not
   *     implemented (flow matching, another predictor), or that does not go together
   */
  public static UniPcMultistepScheduler fromConfig(JsonConfig config) {
    SchedulerOptions options = SchedulerOptions.read(config, Defaults.of(TimestepSpacing.LINSPACE));
    options.reject("use_flow_sigmas", "use_dynamic_shifting", "shift_terminal", "solver_p");
    return new UniPcMultistepScheduler(options.rescaled(true));
  }

  /** Those of other solvers count as bh2, as diffusers has it. */
  private static SolverType readSolverType(JsonConfig config) {
    switch (config.getString("solver_type", "bh2")) {
      case "bh1":
        return SolverType.BH1;
      case "bh2":
      case "midpoint":
      case "heun":
      case "logrho":
        return SolverType.BH2;
      default:
        throw config.invalid("solver_type", "bh1 or bh2");
    }
  }

  private static Set<Integer> readUncorrectedSteps(JsonConfig config) {
    Set<Integer> steps = new HashSet<>();
    if (config.has("disable_corrector")) {
      for (int step : config.getIntArray("disable_corrector")) {
        steps.add(step);
      }
    }
    return steps;
  }

  @Override
  public BetaSchedule betas() {
    return options.betas();
  }

  @Override
  public SamplingRun start(int steps) {
    int trainingSteps = options.betas().trainingSteps();
    SchedulerOptions.requireSteps(steps, trainingSteps);
    if (sigmaSpacing.isEmpty()) {
      double[] times = DpmSolverMultistepScheduler.multistepTimes(options, steps, trainingSteps);
      return run(levels.gridAt(times, endsAtZero ? 0 : levels.smallest()));
    }
    double[] range = options.readSigmaRange(levels.largest(), levels.smallest());
    double[] ratios = sigmaSpacing.get().between(range[0], range[1], steps);
    return run(
        levels.gridOf(
            ratios,
            sigmaSpacing.get() == SigmaSpacing.KARRAS ? Rounding.NEAREST : Rounding.DOWN,
            endsAtZero ? 0 : ratios[steps - 1]));
  }

  private UniPcRun run(NoiseGrid grid) {
    int steps = grid.timesteps().length;
    return new UniPcRun(
        grid,
        conversion,
        predictsData,
        solverType,
        (step, history) ->
            Math.min(lowerOrderFinal ? Math.min(order, steps - step) : order, history + 1),
        step -> !uncorrectedSteps.contains(step));
  }
}
