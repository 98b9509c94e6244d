package org.viditq.core.schedule;

import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.random.NoiseSource;
import org.viditq.core.schedule.SchedulerOptions.Defaults;
import org.viditq.core.tensor.Tensor;

/**
 * DDIM as diffusers' {@code DDIMScheduler}. Song et al., "Denoising Diffusion Implicit Models",
 * 2021, equations 12 and 16: x = sqrt(ᾱ') x0 + sqrt(1 - ᾱ' - σ²) ε + σ noise with σ = η sqrt((1 -
 * ᾱ')/(1 - ᾱ) (1 - ᾱ/ᾱ')), where ᾱ' belongs to the time one stride earlier. ε is not recomputed
 * after x0 has been bounded.
 */
public final class DdimScheduler implements Scheduler {
  private final SchedulerOptions options;
  private final CleanSampleBounds bounds;
  private final double finalAlphaCumprod;
  private final double eta;

  private DdimScheduler(SchedulerOptions options) {
    JsonConfig config = options.config();
    this.options = options;
    // diffusers clips by default, which is for pixels; folders of latent models say false.
    this.bounds = CleanSampleBounds.read(config, true);
    this.finalAlphaCumprod =
        config.getBoolean("set_alpha_to_one", true) ? 1 : options.betas().alphaCumprod(0);
    this.eta = readEta(config);
  }

  /**
   * Reads diffusers' configuration of this scheduler; {@code eta}, an argument of its step there,
   * is an option here (default 0: deterministic).
   *
   * @throws org.viditq.core.error.InvalidModelException if its options make no sense
   */
  public static DdimScheduler fromConfig(JsonConfig config) {
    return new DdimScheduler(
        SchedulerOptions.read(config, Defaults.of(TimestepSpacing.LEADING)).rescaled(false));
  }

  static double readEta(JsonConfig config) {
    double eta = config.getDouble("eta", 0);
    if (!(eta >= 0 && eta <= 1)) {
      throw config.invalid("eta", "between 0 and 1");
    }
    return eta;
  }

  @Override
  public BetaSchedule betas() {
    return options.betas();
  }

  @Override
  public SamplingRun start(int steps) {
    double[] timesteps = options.requireSignal(options.times(steps));
    return new Run(
        options.gridAt(timesteps, finalAlphaCumprod), options.betas().trainingSteps() / steps);
  }

  private final class Run extends SequentialRun {
    private final int stride;

    Run(NoiseGrid grid, int stride) {
      super(grid);
      this.stride = stride;
    }

    @Override
    Tensor advance(Tensor modelOutput, int step, Tensor sample, NoiseSource noise) {
      int time = (int) timestep(step);
      int previousTime = time - stride;
      double current = options.betas().alphaCumprod(time);
      double previous =
          previousTime >= 0 ? options.betas().alphaCumprod(previousTime) : finalAlphaCumprod;
      double deviation = eta * Math.sqrt((1 - previous) / (1 - current) * (1 - current / previous));
      double noiseWeight = Math.sqrt(Math.max(0, 1 - previous - deviation * deviation));

      PredictionType type = options.predictionType();
      Tensor clean = new ModelConversion(type, bounds).clean(modelOutput, sample, sigma(step));
      Tensor epsilon =
          new ModelConversion(type, CleanSampleBounds.NONE).noise(modelOutput, sample, sigma(step));
      LinearCombination next =
          LinearCombination.start(Math.sqrt(previous), clean).add(noiseWeight, epsilon);
      if (eta > 0) {
        next.add(deviation, noise.draw(sample.shape()));
      }
      return next.toTensor();
    }
  }
}
