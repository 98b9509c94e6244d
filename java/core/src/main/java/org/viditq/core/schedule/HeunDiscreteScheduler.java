package org.viditq.core.schedule;

import java.util.Optional;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.random.NoiseSource;
import org.viditq.core.schedule.NoiseLevels.Rounding;
import org.viditq.core.schedule.SchedulerOptions.Defaults;
import org.viditq.core.tensor.Tensor;

/**
 * Heun's method as diffusers' {@code HeunDiscreteScheduler}. Karras et al., "Elucidating the Design
 * Space of Diffusion-Based Generative Models", 2022, algorithm 1: an Euler step, then the same step
 * again with the mean of the slopes at its two ends.
 *
 * <p>n steps are 2 n - 1 denoiser evaluations, because the last step, which ends without noise, is
 * Euler's alone.
 */
public final class HeunDiscreteScheduler implements Scheduler {
  private static final Defaults DEFAULTS =
      new Defaults(0.00085, 0.012, "linear", TimestepSpacing.LINSPACE);

  private final SchedulerOptions options;
  private final NoiseLevels levels;
  private final ModelConversion conversion;
  private final Optional<SigmaSpacing> sigmaSpacing;

  private HeunDiscreteScheduler(SchedulerOptions options) {
    JsonConfig config = options.config();
    this.options = options;
    this.levels = new NoiseLevels(options.betas());
    this.conversion =
        new ModelConversion(
            options.predictionType(),
            config.getBoolean("clip_sample", false)
                ? CleanSampleBounds.clip(config.getPositiveDouble("clip_sample_range", 1))
                : CleanSampleBounds.NONE);
    this.sigmaSpacing =
        SigmaSpacing.read(config, SigmaSpacing.KARRAS, SigmaSpacing.EXPONENTIAL, SigmaSpacing.BETA);
  }

  /**
   * Reads diffusers' configuration of this scheduler.
   *
   * @throws org.viditq.core.error.InvalidModelException if its options make no sense
   */
  public static HeunDiscreteScheduler fromConfig(JsonConfig config) {
    return new HeunDiscreteScheduler(SchedulerOptions.read(config, DEFAULTS));
  }

  @Override
  public BetaSchedule betas() {
    return options.betas();
  }

  @Override
  public int order() {
    return 2;
  }

  @Override
  public SamplingRun start(int steps) {
    double[] times = options.fractionalTimes(steps);
    if (sigmaSpacing.isEmpty()) {
      return new Run(levels.gridAt(times, 0));
    }
    double[] ratios =
        sigmaSpacing.get().between(levels.at(times[0]), levels.at(times[steps - 1]), steps);
    return new Run(levels.gridOf(ratios, Rounding.NONE, 0));
  }

  @Override
  public SamplingRun startAt(double... timesteps) {
    DpmSolverMultistepScheduler.requireNoSpacing(sigmaSpacing);
    return new Run(levels.gridAt(options.requireOwn(timesteps, false), 0));
  }

  /** Every point but the first and the last twice: where a step ends and the next one begins. */
  private static NoiseGrid twice(NoiseGrid grid) {
    int steps = grid.timesteps().length;
    double[] times = new double[2 * steps - 1];
    double[] sigmas = new double[2 * steps];
    for (int i = 0; i < times.length; i++) {
      times[i] = grid.timesteps()[(i + 1) / 2];
      sigmas[i] = grid.sigmas()[(i + 1) / 2];
    }
    sigmas[times.length] = grid.sigmas()[steps];
    return new NoiseGrid(times, sigmas);
  }

  private final class Run extends ExplodingRun {
    /** The sample at the start of the step and its slope there, between its two evaluations. */
    private Tensor start;

    private Tensor slope;

    Run(NoiseGrid grid) {
      super(twice(grid), options.spacing());
    }

    @Override
    Tensor advance(Tensor modelOutput, int step, Tensor sample, NoiseSource noise) {
      boolean atStart = step % 2 == 0;
      if (!atStart && slope == null) {
        return sample; // Sampling has begun between the two evaluations of a step.
      }
      Tensor clean = clean(conversion, modelOutput, sample, sigma(step));
      Tensor here = LinearCombination.of(1 / sigma(step), sample, -1 / sigma(step), clean);
      if (atStart) {
        start = sample;
        slope = here;
        return LinearCombination.of(1, sample, sigma(step + 1) - sigma(step), here);
      }
      double half = (sigma(step) - sigma(step - 1)) / 2;
      Tensor next = LinearCombination.start(1, start).add(half, slope).add(half, here).toTensor();
      start = null;
      slope = null;
      return next;
    }
  }
}
