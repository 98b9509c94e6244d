package org.viditq.core.schedule;

import java.util.Optional;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.random.NoiseSource;
import org.viditq.core.schedule.NoiseLevels.Rounding;
import org.viditq.core.schedule.SchedulerOptions.Defaults;
import org.viditq.core.tensor.Tensor;

/**
 * DEIS multistep as diffusers' {@code DEISMultistepScheduler}. Zhang and Chen, "Fast Sampling of
 * Diffusion Models with Exponential Integrator", 2023: the noise prediction is extrapolated by a
 * polynomial in ln ρ, ρ = σ/α, whose integral over ρ is exact.
 *
 * <p>Sampling ends at the smallest noise level, not without noise.
 */
public final class DeisMultistepScheduler implements Scheduler {
  private static final int FEW_STEPS = 15;

  private final SchedulerOptions options;
  private final NoiseLevels levels;
  private final ModelConversion conversion;
  private final Optional<SigmaSpacing> sigmaSpacing;
  private final int order;
  private final boolean lowerOrderFinal;

  private DeisMultistepScheduler(SchedulerOptions options) {
    JsonConfig config = options.config();
    this.options = options;
    this.levels = new NoiseLevels(options.betas());
    this.conversion =
        new ModelConversion(options.predictionType(), CleanSampleBounds.readThresholding(config));
    this.sigmaSpacing =
        SigmaSpacing.read(config, SigmaSpacing.KARRAS, SigmaSpacing.EXPONENTIAL, SigmaSpacing.BETA);
    this.order = options.readSolverOrder();
    this.lowerOrderFinal = config.getBoolean("lower_order_final", true);
  }

  /**
   * Reads diffusers' configuration of this scheduler. Algorithm and solver types of other multistep
   * solvers are taken for its own, as diffusers does.
   *
   * @throws org.viditq.core.error.InvalidModelException if it asks for something that is not
   *     implemented (flow matching, other solver types)
   */
  public static DeisMultistepScheduler fromConfig(JsonConfig config) {
    SchedulerOptions options = SchedulerOptions.read(config, Defaults.of(TimestepSpacing.LINSPACE));
    options.reject("use_flow_sigmas", "use_dynamic_shifting");
    switch (config.getString("algorithm_type", "deis")) {
      case "deis":
      case "dpmsolver":
      case "dpmsolver++":
        break;
      default:
        throw config.invalid("algorithm_type", "deis");
    }
    switch (config.getString("solver_type", "logrho")) {
      case "logrho":
      case "midpoint":
      case "heun":
      case "bh1":
      case "bh2":
        break;
      default:
        throw config.invalid("solver_type", "logrho");
    }
    return new DeisMultistepScheduler(options);
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
      return new Run(levels.gridAt(times, levels.smallest()));
    }
    double[] ratios = sigmaSpacing.get().between(levels.largest(), levels.smallest(), steps);
    return new Run(
        levels.gridOf(
            ratios,
            sigmaSpacing.get() == SigmaSpacing.KARRAS ? Rounding.NEAREST : Rounding.DOWN,
            ratios[steps - 1]));
  }

  private final class Run extends SequentialRun {
    /** Predictions of the noise, newest first. */
    private final Tensor[] predictions = new Tensor[3];

    Run(NoiseGrid grid) {
      super(grid);
    }

    @Override
    Tensor advance(Tensor modelOutput, int step, Tensor sample, NoiseSource noise) {
      predictions[2] = predictions[1];
      predictions[1] = predictions[0];
      predictions[0] = conversion.noise(modelOutput, sample, sigma(step));
      double alpha = SignalLevel.alpha(sigma(step + 1));
      LinearCombination next =
          LinearCombination.start(alpha / SignalLevel.alpha(sigma(step)), sample);
      double[] weights = weights(step, order(step));
      for (int k = 0; k < weights.length; k++) {
        next.add(alpha * weights[k], predictions[k]);
      }
      return next.toTensor();
    }

    private int order(int step) {
      boolean few = lowerOrderFinal && steps() < FEW_STEPS;
      if (few && step == steps() - 1) {
        return 1;
      }
      int most = Math.min(order, history(step) + 1);
      return few && step == steps() - 2 ? Math.min(most, 2) : most;
    }

    /** Integrals over ρ of the Lagrange polynomials in ln ρ through the last predictions. */
    private double[] weights(int step, int used) {
      double from = sigma(step);
      double to = sigma(step + 1);
      double[] weights = new double[used];
      switch (used) {
        case 1:
          weights[0] = to - from;
          break;
        case 2:
          for (int k = 0; k < 2; k++) {
            double b = Math.log(sigma(step - k));
            double c = Math.log(sigma(step - 1 + k));
            weights[k] = (linear(to, c) - linear(from, c)) / (b - c);
          }
          break;
        default:
          for (int k = 0; k < 3; k++) {
            double b = Math.log(sigma(step - k));
            double c = Math.log(sigma(step - (k + 1) % 3));
            double d = Math.log(sigma(step - (k + 2) % 3));
            weights[k] = (quadratic(to, c, d) - quadratic(from, c, d)) / ((b - c) * (b - d));
          }
      }
      return weights;
    }
  }

  /** ∫ (ln ρ - c) dρ. */
  private static double linear(double rho, double c) {
    return rho * (Math.log(rho) - c - 1);
  }

  /** ∫ (ln ρ - c)(ln ρ - d) dρ. */
  private static double quadratic(double rho, double c, double d) {
    double log = Math.log(rho);
    return rho * (log * log - (2 + c + d) * log + 2 + c + d + c * d);
  }
}
