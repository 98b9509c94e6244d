package org.viditq.core.schedule;

import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.random.NoiseSource;
import org.viditq.core.schedule.SchedulerOptions.Defaults;
import org.viditq.core.tensor.Tensor;

/**
 * Ancestral sampling with Euler's method as diffusers' {@code EulerAncestralDiscreteScheduler}, due
 * to K. Crowson: a step goes down to σ_down and up again by fresh noise of σ_up, where σ_up² = σ'²
 * (σ² - σ'²) / σ² and σ_down² = σ'² - σ_up².
 */
public final class EulerAncestralDiscreteScheduler implements Scheduler {
  private final SchedulerOptions options;
  private final NoiseLevels levels;
  private final ModelConversion conversion;

  private EulerAncestralDiscreteScheduler(SchedulerOptions options) {
    this.options = options;
    this.levels = new NoiseLevels(options.betas());
    this.conversion = new ModelConversion(options.predictionType(), CleanSampleBounds.NONE);
  }

  /**
   * Reads diffusers' configuration of this scheduler.
   *
   * @throws org.viditq.core.error.InvalidModelException if its options make no sense
   */
  public static EulerAncestralDiscreteScheduler fromConfig(JsonConfig config) {
    return new EulerAncestralDiscreteScheduler(
        SchedulerOptions.read(config, Defaults.of(TimestepSpacing.LINSPACE)).rescaled(true));
  }

  @Override
  public BetaSchedule betas() {
    return options.betas();
  }

  @Override
  public SamplingRun start(int steps) {
    return new Run(levels.gridAt(options.fractionalTimes(steps), 0));
  }

  private final class Run extends ExplodingRun {
    Run(NoiseGrid grid) {
      super(grid, options.spacing());
    }

    @Override
    Tensor advance(Tensor modelOutput, int step, Tensor sample, NoiseSource noise) {
      Tensor clean = clean(conversion, modelOutput, sample, sigma(step));
      double from = sigma(step);
      double to = sigma(step + 1);
      double up = Math.sqrt(to * to * (from * from - to * to) / (from * from));
      double down = to * to / from; // sqrt(to² - up²)
      double ratio = down / from;
      return LinearCombination.start(ratio, sample)
          .add(1 - ratio, clean)
          .add(up, noise.draw(sample.shape()))
          .toTensor();
    }
  }
}
