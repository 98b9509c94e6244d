package org.viditq.core.schedule;

import java.util.Locale;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.random.NoiseSource;
import org.viditq.core.schedule.SchedulerOptions.Defaults;
import org.viditq.core.tensor.Tensor;

/**
 * Ancestral sampling as diffusers' {@code DDPMScheduler}. Ho et al., "Denoising Diffusion
 * Probabilistic Models", 2020, equations 6 and 7; learned variances by Nichol and Dhariwal,
 * "Improved Denoising Diffusion Probabilistic Models", 2021, equation 15.
 *
 * <p>A step leads from one evaluation time to the next (after the last: to the clean sample). No
 * noise is added at time 0.
 */
public final class DdpmScheduler implements Scheduler {
  private static final double SMALLEST_VARIANCE = 1e-20;

  private enum VarianceType {
    /** The posterior variance for a known clean sample. */
    FIXED_SMALL,
    /** The same; diffusers computes it by its logarithm. */
    FIXED_SMALL_LOG,
    /** The β of the step. */
    FIXED_LARGE,
    /** Between the two, as the denoiser says. */
    LEARNED_RANGE
  }

  private final SchedulerOptions options;
  private final ModelConversion conversion;
  private final VarianceType varianceType;

  private DdpmScheduler(SchedulerOptions options) {
    JsonConfig config = options.config();
    this.options = options;
    // diffusers clips by default, which is for pixels; folders of latent models say false.
    this.conversion =
        new ModelConversion(options.predictionType(), CleanSampleBounds.read(config, true));
    try {
      this.varianceType =
          VarianceType.valueOf(
              config.getString("variance_type", "fixed_small").toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException unknown) {
      throw config.invalid(
          "variance_type", "fixed_small, fixed_small_log, fixed_large or learned_range");
    }
  }

  /**
   * Reads diffusers' configuration of this scheduler.
   *
   * @throws org.viditq.core.error.InvalidModelException if it asks for a variance type that is not
   *     implemented: learned and fixed_large_log take square roots of what may be negative
   */
  public static DdpmScheduler fromConfig(JsonConfig config) {
    return new DdpmScheduler(
        SchedulerOptions.read(config, Defaults.of(TimestepSpacing.LEADING)).rescaled(false));
  }

  @Override
  public BetaSchedule betas() {
    return options.betas();
  }

  @Override
  public boolean usesLearnedVariance() {
    return varianceType == VarianceType.LEARNED_RANGE;
  }

  @Override
  public SamplingRun start(int steps) {
    return run(options.times(steps));
  }

  @Override
  public SamplingRun startAt(double... timesteps) {
    return run(options.requireOwn(timesteps, true));
  }

  private SamplingRun run(double[] timesteps) {
    return new Run(options.gridAt(options.requireSignal(timesteps), 1));
  }

  private final class Run extends SequentialRun {
    Run(NoiseGrid grid) {
      super(grid);
    }

    @Override
    void requireFit(Tensor modelOutput, Tensor sample) {
      if (usesLearnedVariance()) {
        ModelOutputs.requireVarianceChannels(modelOutput, sample);
      } else {
        super.requireFit(modelOutput, sample);
      }
    }

    @Override
    Tensor advance(Tensor modelOutput, int step, Tensor sample, NoiseSource noise) {
      int time = (int) timestep(step);
      boolean last = step == steps() - 1;
      double current = options.betas().alphaCumprod(time);
      double previous = last ? 1 : options.betas().alphaCumprod((int) timestep(step + 1));
      double stepAlpha = current / previous;
      double stepBeta = 1 - stepAlpha;
      double posteriorVariance =
          Math.max((1 - previous) / (1 - current) * stepBeta, SMALLEST_VARIANCE);

      Tensor prediction =
          usesLearnedVariance() ? ModelOutputs.prediction(modelOutput, sample) : modelOutput;
      Tensor mean =
          LinearCombination.of(
              Math.sqrt(previous) * stepBeta / (1 - current),
              conversion.clean(prediction, sample, sigma(step)),
              Math.sqrt(stepAlpha) * (1 - previous) / (1 - current),
              sample);
      if (time == 0) {
        return mean;
      }
      Tensor fresh = noise.draw(sample.shape());
      if (!usesLearnedVariance()) {
        double variance = varianceType == VarianceType.FIXED_LARGE ? stepBeta : posteriorVariance;
        return LinearCombination.of(1, mean, Math.sqrt(variance), fresh);
      }
      return LearnedVariance.addNoise(
          mean,
          ModelOutputs.variances(modelOutput, sample),
          Math.log(posteriorVariance),
          Math.log(stepBeta),
          fresh);
    }
  }
}
