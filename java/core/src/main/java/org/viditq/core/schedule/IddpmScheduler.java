package org.viditq.core.schedule;

import java.util.Optional;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.random.NoiseSource;
import org.viditq.core.schedule.SchedulerOptions.Defaults;
import org.viditq.core.tensor.Tensor;

/**
 * Sampling of Open-Sora 1.0 and the original DiT and Latte code: a shortened diffusion process with
 * learned variances. Nichol and Dhariwal, "Improved Denoising Diffusion Probabilistic Models",
 * 2021; computed in double precision.
 *
 * <p>The ancestral sampler wants the denoiser's variance channels; DDIM sampling ignores them.
 * Guidance applies to the first three channels only, as those authors have it.
 */
public final class IddpmScheduler implements Scheduler {
  private static final int GUIDED_CHANNELS = 3;

  private enum Sampler {
    /** Ancestral, by the learned posterior variance. */
    P_SAMPLE,
    /** Song et al., "Denoising Diffusion Implicit Models", 2021, equation 12. */
    DDIM
  }

  private final BetaSchedule betas;
  private final Sampler sampler;
  private final double eta;

  private IddpmScheduler(BetaSchedule betas, Sampler sampler, double eta) {
    this.betas = betas;
    this.sampler = sampler;
    this.eta = eta;
  }

  /**
   * Reads {@code num_train_timesteps}, the noise schedule (linear from 1e-4 to 0.02 by default),
   * {@code sampler} (p_sample or ddim) and {@code eta} (for ddim, default 0).
   *
   * @throws org.viditq.core.error.InvalidModelException if the denoiser does not predict epsilon,
   *     or options make no sense
   */
  public static IddpmScheduler fromConfig(JsonConfig config) {
    Defaults defaults = Defaults.of(TimestepSpacing.LINSPACE);
    SchedulerOptions options = SchedulerOptions.read(config, defaults);
    if (options.predictionType() != PredictionType.EPSILON) {
      throw config.invalid("prediction_type", "epsilon for IDDPM");
    }
    options.reject("rescale_betas_zero_snr");
    return new IddpmScheduler(
        SchedulerOptions.readBetas(config, defaults),
        options.readName("sampler", Sampler.P_SAMPLE, "p_sample or ddim"),
        DdimScheduler.readEta(config));
  }

  @Override
  public BetaSchedule betas() {
    return betas;
  }

  @Override
  public boolean usesLearnedVariance() {
    return sampler == Sampler.P_SAMPLE;
  }

  @Override
  public int guidedChannels(int channels) {
    return Math.min(GUIDED_CHANNELS, channels);
  }

  /** The process that {@code start(steps)} samples. */
  public SpacedDiffusion spaced(int steps) {
    SchedulerOptions.requireSteps(steps, betas.trainingSteps());
    return spaced(Integer.toString(steps));
  }

  /**
   * The process that {@code startSpaced(sections)} samples.
   *
   * @param sections as {@link TimestepRespacing#steps} takes them
   */
  public SpacedDiffusion spaced(String sections) {
    return new SpacedDiffusion(betas, TimestepRespacing.steps(betas.trainingSteps(), sections));
  }

  @Override
  public SamplingRun start(int steps) {
    return new Run(spaced(steps));
  }

  /**
   * Starts sampling with the steps that a respacing keeps.
   *
   * @param sections as {@link TimestepRespacing#steps} takes them
   */
  public SamplingRun startSpaced(String sections) {
    return new Run(spaced(sections));
  }

  private static NoiseGrid grid(SpacedDiffusion process) {
    int steps = process.steps();
    double[] times = new double[steps];
    double[] sigmas = new double[steps + 1];
    int[] map = process.timestepMap();
    for (int k = 0; k < steps; k++) {
      times[k] = map[steps - 1 - k];
      sigmas[k] = process.betas().sigma(steps - 1 - k);
    }
    return new NoiseGrid(times, sigmas);
  }

  private final class Run extends SequentialRun {
    private final SpacedDiffusion process;
    private Tensor clean;

    Run(SpacedDiffusion process) {
      super(grid(process));
      this.process = process;
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
    public Optional<Tensor> cleanSample() {
      return Optional.ofNullable(clean);
    }

    @Override
    Tensor advance(Tensor modelOutput, int step, Tensor sample, NoiseSource noise) {
      int kept = steps() - 1 - step;
      Tensor prediction =
          usesLearnedVariance() ? ModelOutputs.prediction(modelOutput, sample) : modelOutput;
      clean =
          new ModelConversion(PredictionType.EPSILON, CleanSampleBounds.NONE)
              .clean(prediction, sample, sigma(step));
      return sampler == Sampler.DDIM
          ? implicit(prediction, kept, sample, noise)
          : ancestral(modelOutput, kept, sample, noise);
    }

    private Tensor ancestral(Tensor modelOutput, int kept, Tensor sample, NoiseSource noise) {
      double beta = process.betas().beta(kept);
      double current = process.betas().alphaCumprod(kept);
      double previous = process.previousAlphaCumprod(kept);
      Tensor mean =
          LinearCombination.of(
              beta * Math.sqrt(previous) / (1 - current),
              clean,
              Math.sqrt(1 - beta) * (1 - previous) / (1 - current),
              sample);
      if (kept == 0) {
        return mean;
      }
      return LearnedVariance.addNoise(
          mean,
          ModelOutputs.variances(modelOutput, sample),
          process.posteriorLogVariance(kept),
          Math.log(beta),
          noise.draw(sample.shape()));
    }

    private Tensor implicit(Tensor epsilon, int kept, Tensor sample, NoiseSource noise) {
      double current = process.betas().alphaCumprod(kept);
      double previous = process.previousAlphaCumprod(kept);
      double deviation = eta * Math.sqrt((1 - previous) / (1 - current) * (1 - current / previous));
      LinearCombination next =
          LinearCombination.start(Math.sqrt(previous), clean)
              .add(Math.sqrt(Math.max(0, 1 - previous - deviation * deviation)), epsilon);
      if (kept > 0 && eta > 0) {
        next.add(deviation, noise.draw(sample.shape()));
      }
      return next.toTensor();
    }
  }
}
