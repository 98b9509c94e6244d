package org.viditq.core.schedule;

import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.UsageException;
import org.viditq.core.schedule.DpmSolverAlgorithm.SolverType;
import org.viditq.core.schedule.SchedulerOptions.Defaults;

/**
 * DPM-Solver++ multistep of order 2 in continuous time, as the original PixArt code samples.
 *
 * <p>Time runs from 1 to 1/T in equal strides (T training steps, usually 1000); ln α(t) is
 * interpolated linearly between the training steps at i/T; the denoiser is told the fractional time
 * (t - 1/T) T. First and last step have order 1, and the result is the sample at t = 1/T without a
 * final denoising.
 */
public final class ContinuousDpmSolverScheduler implements Scheduler {
  private final BetaSchedule betas;

  public ContinuousDpmSolverScheduler(BetaSchedule betas) {
    this.betas = betas;
  }

  /** Takes the betas of a diffusers scheduler configuration. */
  public static ContinuousDpmSolverScheduler fromConfig(JsonConfig config) {
    Defaults defaults = Defaults.of(TimestepSpacing.LINSPACE);
    SchedulerOptions options = SchedulerOptions.read(config, defaults);
    if (options.predictionType() != PredictionType.EPSILON) {
      throw config.invalid("prediction_type", "epsilon for the continuous-time solver");
    }
    options.reject("rescale_betas_zero_snr");
    return new ContinuousDpmSolverScheduler(SchedulerOptions.readBetas(config, defaults));
  }

  @Override
  public BetaSchedule betas() {
    return betas;
  }

  /**
   * The n + 1 times of a sampling with {@code steps} steps, from 1 to 1/T.
   *
   * @throws UsageException if there are too few or too many steps
   */
  public double[] times(int steps) {
    if (steps < 2) {
      throw new UsageException(
          "The continuous-time DPM-Solver++ needs at least 2 sampling steps, not " + steps + ".");
    }
    SchedulerOptions.requireSteps(steps, betas.trainingSteps());
    double end = 1.0 / betas.trainingSteps();
    double[] times = new double[steps + 1];
    for (int i = 0; i <= steps; i++) {
      times[i] = 1 + (end - 1) * i / steps;
    }
    return times;
  }

  @Override
  public SamplingRun start(int steps) {
    double[] times = times(steps);
    double[] timesteps = new double[steps];
    double[] sigmas = new double[steps + 1];
    for (int i = 0; i <= steps; i++) {
      // σ/α = sqrt(1 - α²) / α.
      sigmas[i] = Math.sqrt(Math.expm1(-2 * logAlpha(times[i])));
      if (i < steps) {
        timesteps[i] = times[i] * betas.trainingSteps() - 1;
      }
    }
    return new DpmSolverRun(
        new NoiseGrid(timesteps, sigmas),
        DpmSolverAlgorithm.DPMSOLVER_PLUS_PLUS,
        SolverType.MIDPOINT,
        new ModelConversion(PredictionType.EPSILON, CleanSampleBounds.NONE),
        (step, history) -> history == 0 || step == steps - 1 ? 1 : 2);
  }

  /** ln α at a time between 1/T and 1. */
  private double logAlpha(double time) {
    double position = time * betas.trainingSteps() - 1;
    int below = Math.max(0, Math.min((int) position, betas.trainingSteps() - 2));
    double from = 0.5 * Math.log(betas.alphaCumprod(below));
    double to = 0.5 * Math.log(betas.alphaCumprod(below + 1));
    return from + (position - below) * (to - from);
  }
}
