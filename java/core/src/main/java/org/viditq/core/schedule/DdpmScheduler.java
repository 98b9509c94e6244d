package org.viditq.core.schedule;

import java.util.Locale;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.random.NoiseSource;
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
    /** The β of the step. */
    FIXED_LARGE,
    /** Between the two, as the denoiser says. */
    LEARNED_RANGE
  }

  private final SchedulerOptions options;
  private final double clipRange;
  private final VarianceType varianceType;

  private DdpmScheduler(SchedulerOptions options, JsonConfig config) {
    this.options = options;
    this.clipRange = SchedulerOptions.readClipRange(config);
    try {
      this.varianceType =
          VarianceType.valueOf(
              config.getString("variance_type", "fixed_small").toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException unknown) {
      throw config.invalid("variance_type", "fixed_small, fixed_large or learned_range");
    }
  }

  /**
   * Reads diffusers' configuration of this scheduler.
   *
   * @throws org.viditq.core.error.InvalidModelException if it asks for something that is not
   *     implemented (thresholding, rescaled betas, other variance types)
   */
  public static DdpmScheduler fromConfig(JsonConfig config) {
    return new DdpmScheduler(SchedulerOptions.read(config, TimestepSpacing.LEADING), config);
  }

  @Override
  public boolean usesLearnedVariance() {
    return varianceType == VarianceType.LEARNED_RANGE;
  }

  @Override
  public SamplingRun start(int steps) {
    return new Run(options.times(steps));
  }

  private final class Run implements SamplingRun {
    private final double[] timesteps;

    Run(double[] timesteps) {
      this.timesteps = timesteps;
    }

    @Override
    public double[] timesteps() {
      return timesteps.clone();
    }

    @Override
    public Tensor step(Tensor modelOutput, int stepIndex, Tensor sample, NoiseSource noise) {
      if (usesLearnedVariance()) {
        ModelOutputs.requireVarianceChannels(modelOutput, sample);
      } else {
        ModelOutputs.requireSameShape(modelOutput, sample);
      }
      int time = (int) timesteps[stepIndex];
      boolean last = stepIndex == timesteps.length - 1;
      double current = options.betas().alphaCumprod(time);
      double previous = last ? 1 : options.betas().alphaCumprod((int) timesteps[stepIndex + 1]);
      double stepAlpha = current / previous;
      double stepBeta = 1 - stepAlpha;

      double alpha = Math.sqrt(current);
      double sigma = Math.sqrt(1 - current);
      double cleanWeight = Math.sqrt(previous) * stepBeta / (1 - current);
      double sampleWeight = Math.sqrt(stepAlpha) * (1 - previous) / (1 - current);
      double posteriorVariance =
          Math.max((1 - previous) / (1 - current) * stepBeta, SMALLEST_VARIANCE);

      float[] output = modelOutput.data();
      float[] x = sample.data();
      float[] fresh = time > 0 ? noise.draw(sample.shape()).data() : null;
      float[] next = new float[x.length];
      int rowSize = sample.dim(0) == 0 ? 0 : x.length / sample.dim(0);
      for (int i = 0; i < x.length; i++) {
        int row = i / rowSize;
        int at = usesLearnedVariance() ? i + row * rowSize : i;
        double clean = options.predictionType().clean(output[at], x[i], alpha, sigma);
        double clipped = Math.max(-clipRange, Math.min(clipRange, clean));
        double mean = cleanWeight * clipped + sampleWeight * x[i];
        if (fresh != null) {
          double predicted = usesLearnedVariance() ? output[at + rowSize] : 0;
          mean += Math.sqrt(variance(posteriorVariance, stepBeta, predicted)) * fresh[i];
        }
        next[i] = (float) mean;
      }
      return Tensor.of(sample.shape(), next);
    }
  }

  private double variance(double posterior, double beta, double predicted) {
    switch (varianceType) {
      case FIXED_SMALL:
        return posterior;
      case FIXED_LARGE:
        return beta;
      default:
        double fraction = (predicted + 1) / 2;
        return Math.exp(fraction * Math.log(beta) + (1 - fraction) * Math.log(posterior));
    }
  }
}
