package org.viditq.core.schedule;

import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.UsageException;
import org.viditq.core.schedule.DpmSolverRun.SolverType;

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
    SchedulerOptions options = SchedulerOptions.read(config, TimestepSpacing.LINSPACE);
    if (options.predictionType() != PredictionType.EPSILON) {
      throw config.invalid("prediction_type", "epsilon for the continuous-time solver");
    }
    return new ContinuousDpmSolverScheduler(options.betas());
  }

  @Override
  public SamplingRun start(int steps) {
    if (steps < 2) {
      throw new UsageException(
          "The continuous-time DPM-Solver++ needs at least 2 sampling steps, not " + steps + ".");
    }
    SchedulerOptions.requireSteps(steps, betas.trainingSteps());
    double trainingSteps = betas.trainingSteps();
    double end = 1 / trainingSteps;
    double[] timesteps = new double[steps];
    double[] alphas = new double[steps + 1];
    double[] sigmas = new double[steps + 1];
    int[] orders = new int[steps];
    for (int i = 0; i <= steps; i++) {
      double time = 1 + (end - 1) * i / steps;
      double logAlpha = logAlpha(time);
      alphas[i] = Math.exp(logAlpha);
      sigmas[i] = Math.sqrt(-Math.expm1(2 * logAlpha));
      if (i < steps) {
        timesteps[i] = (time - end) * trainingSteps;
        orders[i] = i == 0 || i == steps - 1 ? 1 : 2;
      }
    }
    return new DpmSolverRun(
        timesteps, alphas, sigmas, orders, PredictionType.EPSILON, SolverType.MIDPOINT);
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
