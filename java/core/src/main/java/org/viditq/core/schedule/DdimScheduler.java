package org.viditq.core.schedule;

import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.random.NoiseSource;
import org.viditq.core.tensor.Tensor;

/**
 * DDIM as diffusers' {@code DDIMScheduler}. Song et al., "Denoising Diffusion Implicit Models",
 * 2021, equations 12 and 16: x = sqrt(ᾱ') x0 + sqrt(1 - ᾱ' - σ²) ε + σ noise with σ = η sqrt((1 -
 * ᾱ')/(1 - ᾱ) (1 - ᾱ/ᾱ')), where ᾱ' belongs to the time one stride earlier. ε is not recomputed
 * after x0 has been clipped.
 */
public final class DdimScheduler implements Scheduler {
  private final SchedulerOptions options;
  private final double clipRange;
  private final double finalAlphaCumprod;
  private final double eta;

  private DdimScheduler(SchedulerOptions options, JsonConfig config) {
    this.options = options;
    this.clipRange = SchedulerOptions.readClipRange(config);
    this.finalAlphaCumprod =
        config.getBoolean("set_alpha_to_one", true) ? 1 : options.betas().alphaCumprod(0);
    this.eta = config.getDouble("eta", 0);
    if (!(eta >= 0 && eta <= 1)) {
      throw config.invalid("eta", "between 0 and 1");
    }
  }

  /**
   * Reads diffusers' configuration of this scheduler; {@code eta}, an argument of its step there,
   * is an option here (default 0: deterministic).
   *
   * @throws org.viditq.core.error.InvalidModelException if it asks for something that is not
   *     implemented (thresholding, rescaled betas)
   */
  public static DdimScheduler fromConfig(JsonConfig config) {
    return new DdimScheduler(SchedulerOptions.read(config, TimestepSpacing.LEADING), config);
  }

  @Override
  public SamplingRun start(int steps) {
    double[] timesteps = options.times(steps);
    return new Run(timesteps, options.betas().trainingSteps() / steps);
  }

  private final class Run implements SamplingRun {
    private final double[] timesteps;
    private final int stride;

    Run(double[] timesteps, int stride) {
      this.timesteps = timesteps;
      this.stride = stride;
    }

    @Override
    public double[] timesteps() {
      return timesteps.clone();
    }

    @Override
    public Tensor step(Tensor modelOutput, int stepIndex, Tensor sample, NoiseSource noise) {
      ModelOutputs.requireSameShape(modelOutput, sample);
      int time = (int) timesteps[stepIndex];
      int previousTime = time - stride;
      double current = options.betas().alphaCumprod(time);
      double previous =
          previousTime >= 0 ? options.betas().alphaCumprod(previousTime) : finalAlphaCumprod;

      double alpha = Math.sqrt(current);
      double sigma = Math.sqrt(1 - current);
      double deviation = eta * Math.sqrt((1 - previous) / (1 - current) * (1 - current / previous));
      double cleanWeight = Math.sqrt(previous);
      double noiseWeight = Math.sqrt(Math.max(0, 1 - previous - deviation * deviation));
      PredictionType prediction = options.predictionType();

      float[] output = modelOutput.data();
      float[] x = sample.data();
      float[] fresh = eta > 0 ? noise.draw(sample.shape()).data() : null;
      float[] next = new float[x.length];
      for (int i = 0; i < x.length; i++) {
        double clean = prediction.clean(output[i], x[i], alpha, sigma);
        double clipped = Math.max(-clipRange, Math.min(clipRange, clean));
        double epsilon = prediction.noise(output[i], x[i], alpha, sigma);
        double value = cleanWeight * clipped + noiseWeight * epsilon;
        next[i] = (float) (fresh == null ? value : value + deviation * fresh[i]);
      }
      return Tensor.of(sample.shape(), next);
    }
  }
}
