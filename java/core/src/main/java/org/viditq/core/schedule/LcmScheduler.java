package org.viditq.core.schedule;

import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.UsageException;
import org.viditq.core.random.NoiseSource;
import org.viditq.core.schedule.SchedulerOptions.Defaults;
import org.viditq.core.tensor.Tensor;

/**
 * Multistep consistency sampling as diffusers' {@code LCMScheduler}. Luo et al., "Latent
 * Consistency Models", 2023, algorithm 3: the denoised sample is c_out x0 + c_skip x, and all but
 * the last step add fresh noise to it for the next time.
 *
 * <p>Times are taken from those that the model was distilled with: {@code original_inference_steps}
 * equal strides over the training steps.
 */
public final class LcmScheduler implements Scheduler {
  private static final Defaults DEFAULTS =
      new Defaults(0.00085, 0.012, "scaled_linear", TimestepSpacing.LEADING);

  /** Deviation of the data in the boundary conditions. */
  private static final double SIGMA_DATA = 0.5;

  private final SchedulerOptions options;
  private final ModelConversion conversion;
  private final int originalSteps;
  private final double timestepScaling;

  private LcmScheduler(SchedulerOptions options) {
    JsonConfig config = options.config();
    this.options = options;
    this.conversion =
        new ModelConversion(options.predictionType(), CleanSampleBounds.read(config, false));
    this.originalSteps = config.getPositiveInt("original_inference_steps", 50);
    if (originalSteps > options.betas().trainingSteps()) {
      throw config.invalid(
          "original_inference_steps",
          "at most the " + options.betas().trainingSteps() + " training steps");
    }
    this.timestepScaling = config.getPositiveDouble("timestep_scaling", 10);
  }

  /**
   * Reads diffusers' configuration of this scheduler.
   *
   * @throws org.viditq.core.error.InvalidModelException if its options make no sense
   */
  public static LcmScheduler fromConfig(JsonConfig config) {
    return new LcmScheduler(SchedulerOptions.read(config, DEFAULTS).rescaled(false));
  }

  @Override
  public BetaSchedule betas() {
    return options.betas();
  }

  @Override
  public SamplingRun start(int steps) {
    if (steps < 1 || steps > originalSteps) {
      throw new UsageException(
          "The number of sampling steps is "
              + steps
              + ", but the model was distilled with "
              + originalSteps
              + " (original_inference_steps); take 1 to "
              + originalSteps
              + " steps.");
    }
    int stride = options.betas().trainingSteps() / originalSteps;
    double[] times = new double[steps];
    for (int i = 0; i < steps; i++) {
      int skipped = (int) Math.floor(i * ((double) originalSteps / steps));
      times[i] = (double) (originalSteps - skipped) * stride - 1;
    }
    return run(times);
  }

  @Override
  public SamplingRun startAt(double... timesteps) {
    return run(options.requireOwn(timesteps, true));
  }

  private SamplingRun run(double[] times) {
    return new Run(options.gridAt(options.requireSignal(times), 1));
  }

  private final class Run extends SequentialRun {
    Run(NoiseGrid grid) {
      super(grid);
    }

    @Override
    Tensor advance(Tensor modelOutput, int step, Tensor sample, NoiseSource noise) {
      double scaled = timestep(step) * timestepScaling;
      double norm = scaled * scaled + SIGMA_DATA * SIGMA_DATA;
      Tensor denoised =
          LinearCombination.of(
              scaled / Math.sqrt(norm),
              conversion.clean(modelOutput, sample, sigma(step)),
              SIGMA_DATA * SIGMA_DATA / norm,
              sample);
      if (step == steps() - 1) {
        return denoised;
      }
      double next = sigma(step + 1);
      return LinearCombination.of(
          SignalLevel.alpha(next), denoised, SignalLevel.sigma(next), noise.draw(sample.shape()));
    }
  }
}
