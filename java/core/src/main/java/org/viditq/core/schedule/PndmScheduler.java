package org.viditq.core.schedule;

import java.util.ArrayList;
import java.util.List;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.UsageException;
import org.viditq.core.random.NoiseSource;
import org.viditq.core.schedule.SchedulerOptions.Defaults;
import org.viditq.core.tensor.Tensor;

/**
 * Pseudo numerical methods as diffusers' {@code PNDMScheduler}. Liu et al., "Pseudo Numerical
 * Methods for Diffusion Models on Manifolds", 2022: predictions are mixed as a linear multistep
 * method of order 4 does, and the mixture takes one step of DDIM (equation 9).
 *
 * <p>n steps are n + 1 denoiser evaluations with {@code skip_prk_steps}, where the second one
 * repeats the first step; otherwise three steps of four Runge-Kutta evaluations come first.
 */
public final class PndmScheduler implements Scheduler {
  private static final int ORDER = 4;
  private static final double[][] MULTISTEP = {
    {1},
    {3 / 2.0, -1 / 2.0},
    {23 / 12.0, -16 / 12.0, 5 / 12.0},
    {55 / 24.0, -59 / 24.0, 37 / 24.0, -9 / 24.0}
  };
  private static final double[] RUNGE_KUTTA = {1 / 6.0, 1 / 3.0, 1 / 3.0, 1 / 6.0};

  private final SchedulerOptions options;
  private final boolean skipsRungeKutta;
  private final double finalAlphaCumprod;

  private PndmScheduler(SchedulerOptions options) {
    JsonConfig config = options.config();
    this.options = options;
    if (options.predictionType() == PredictionType.SAMPLE) {
      throw config.invalid("prediction_type", "epsilon or v_prediction");
    }
    this.skipsRungeKutta = config.getBoolean("skip_prk_steps", false);
    this.finalAlphaCumprod =
        config.getBoolean("set_alpha_to_one", false) ? 1 : options.betas().alphaCumprod(0);
  }

  /**
   * Reads diffusers' configuration of this scheduler.
   *
   * @throws org.viditq.core.error.InvalidModelException if its options make no sense
   */
  public static PndmScheduler fromConfig(JsonConfig config) {
    return new PndmScheduler(SchedulerOptions.read(config, Defaults.of(TimestepSpacing.LEADING)));
  }

  @Override
  public BetaSchedule betas() {
    return options.betas();
  }

  @Override
  public SamplingRun start(int steps) {
    double[] times = options.times(steps);
    int stride = options.betas().trainingSteps() / steps;
    if (skipsRungeKutta) {
      return new Run(options.gridAt(withSecondTwice(times), finalAlphaCumprod), 0, stride);
    }
    if (steps < ORDER) {
      throw new UsageException(
          "PNDM with Runge-Kutta steps needs at least "
              + ORDER
              + " sampling steps, not "
              + steps
              + "; take more, or set skip_prk_steps.");
    }
    double[] withStart = rungeKuttaTimes(times, stride / 2);
    return new Run(options.gridAt(withStart, finalAlphaCumprod), 3 * ORDER, stride);
  }

  private static double[] withSecondTwice(double[] times) {
    if (times.length == 1) {
      return times;
    }
    double[] twice = new double[times.length + 1];
    twice[0] = times[0];
    System.arraycopy(times, 1, twice, 2, times.length - 1);
    twice[1] = times[1];
    return twice;
  }

  /** From each of three times to the next: its start, twice its middle, and its end. */
  private static double[] rungeKuttaTimes(double[] times, int half) {
    double[] all = new double[3 * ORDER + times.length - 3];
    for (int k = 0; k < 3; k++) {
      all[ORDER * k] = times[k];
      all[ORDER * k + 1] = times[k + 1] + half;
      all[ORDER * k + 2] = times[k + 1] + half;
      all[ORDER * k + 3] = times[k + 1];
    }
    System.arraycopy(times, 3, all, 3 * ORDER, times.length - 3);
    return all;
  }

  private final class Run extends SequentialRun {
    private final int rungeKuttaSteps;
    private final int stride;

    /** Predictions of whole steps, newest first, at most 4. */
    private final List<Tensor> predictions = new ArrayList<>();

    /** The sample at the start of a step that takes several evaluations. */
    private Tensor start;

    /** Weighted predictions of the current Runge-Kutta step. */
    private LinearCombination mixture;

    Run(NoiseGrid grid, int rungeKuttaSteps, int stride) {
      super(grid);
      this.rungeKuttaSteps = rungeKuttaSteps;
      this.stride = stride;
    }

    @Override
    public void begin(int stepIndex) {
      if (stepIndex > 0 && rungeKuttaSteps > 0) {
        throw new UsageException(
            "PNDM cannot begin among its Runge-Kutta steps; set skip_prk_steps or choose another"
                + " scheduler with --scheduler.");
      }
      super.begin(stepIndex);
    }

    @Override
    Tensor advance(Tensor modelOutput, int step, Tensor sample, NoiseSource noise) {
      return step < rungeKuttaSteps
          ? rungeKutta(modelOutput, step, sample)
          : multistep(modelOutput, step, sample);
    }

    private Tensor rungeKutta(Tensor output, int step, Tensor sample) {
      int stage = step % ORDER;
      int time = (int) timestep(step - stage);
      int half = stride / 2;
      int to = (int) timestep(step) - (stage % 2 == 0 ? half : 0);
      if (stage == 0) {
        start = sample;
        remember(output);
        mixture = LinearCombination.start(RUNGE_KUTTA[0], output);
      } else {
        mixture.add(RUNGE_KUTTA[stage], output);
      }
      Tensor direction = stage == ORDER - 1 ? mixture.toTensor() : output;
      return transfer(start, time, to, direction);
    }

    private Tensor multistep(Tensor output, int step, Tensor sample) {
      int time = (int) timestep(step);
      if (rungeKuttaSteps == 0 && step == 1 && history(step) == 1) {
        // The first step again, with the mean of the predictions at its two ends.
        Tensor mean = LinearCombination.of(0.5, output, 0.5, predictions.get(0));
        Tensor from = start;
        start = null;
        return transfer(from, time + stride, time, mean);
      }
      remember(output);
      start = sample;
      double[] weights = MULTISTEP[predictions.size() - 1];
      LinearCombination mixed = LinearCombination.start(weights[0], predictions.get(0));
      for (int k = 1; k < weights.length; k++) {
        mixed.add(weights[k], predictions.get(k));
      }
      return transfer(sample, time, time - stride, mixed.toTensor());
    }

    private void remember(Tensor prediction) {
      predictions.add(0, prediction);
      if (predictions.size() > ORDER) {
        predictions.remove(ORDER);
      }
    }

    /** Equation 9 from one time to another; before time 0 lies the final signal. */
    private Tensor transfer(Tensor sample, int time, int previousTime, Tensor direction) {
      double current = alphaCumprod(time);
      double previous = previousTime >= 0 ? alphaCumprod(previousTime) : finalAlphaCumprod;
      Tensor epsilon =
          new ModelConversion(options.predictionType(), CleanSampleBounds.NONE)
              .noise(direction, sample, BetaSchedule.sigmaOf(current));
      double denominator =
          current * Math.sqrt(1 - previous) + Math.sqrt(current * (1 - current) * previous);
      return LinearCombination.of(
          Math.sqrt(previous / current), sample, -(previous - current) / denominator, epsilon);
    }

    private double alphaCumprod(int time) {
      BetaSchedule betas = options.betas();
      return betas.alphaCumprod(Math.min(time, betas.trainingSteps() - 1));
    }
  }
}
