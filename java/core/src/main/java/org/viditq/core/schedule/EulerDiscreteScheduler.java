package org.viditq.core.schedule;

import java.util.Arrays;
import java.util.Optional;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.UsageException;
import org.viditq.core.random.NoiseSource;
import org.viditq.core.schedule.NoiseLevels.Rounding;
import org.viditq.core.schedule.SchedulerOptions.Defaults;
import org.viditq.core.tensor.Tensor;

/**
 * Euler's method as diffusers' {@code EulerDiscreteScheduler}. Karras et al., "Elucidating the
 * Design Space of Diffusion-Based Generative Models", 2022, algorithm 2 without churn: x' = x + (x
 * - x0) / σ (σ' - σ).
 */
public final class EulerDiscreteScheduler implements Scheduler {
  private enum InterpolationType {
    /** σ between training steps is interpolated. */
    LINEAR,
    /** ln σ is spread evenly, whatever the times. */
    LOG_LINEAR
  }

  private enum TimestepType {
    DISCRETE,
    /** A v-predicting denoiser is told ln(σ) / 4 instead of the time. */
    CONTINUOUS
  }

  private final SchedulerOptions options;
  private final NoiseLevels levels;
  private final ModelConversion conversion;
  private final Optional<SigmaSpacing> sigmaSpacing;
  private final InterpolationType interpolation;
  private final boolean tellsNoiseLevel;
  private final boolean endsAtZero;

  private EulerDiscreteScheduler(SchedulerOptions options) {
    JsonConfig config = options.config();
    this.options = options;
    this.levels = new NoiseLevels(options.betas());
    this.conversion = new ModelConversion(options.predictionType(), CleanSampleBounds.NONE);
    this.sigmaSpacing =
        SigmaSpacing.read(config, SigmaSpacing.KARRAS, SigmaSpacing.EXPONENTIAL, SigmaSpacing.BETA);
    this.interpolation =
        options.readName("interpolation_type", InterpolationType.LINEAR, "linear or log_linear");
    this.tellsNoiseLevel =
        options.readName("timestep_type", TimestepType.DISCRETE, "discrete or continuous")
                == TimestepType.CONTINUOUS
            && options.predictionType() == PredictionType.V_PREDICTION;
    this.endsAtZero = options.readEndsAtZero();
    options.readSigmaRange(levels.largest(), levels.smallest());
  }

  /**
   * Reads diffusers' configuration of this scheduler.
   *
   * @throws org.viditq.core.error.InvalidModelException if its options make no sense
   */
  public static EulerDiscreteScheduler fromConfig(JsonConfig config) {
    return new EulerDiscreteScheduler(
        SchedulerOptions.read(config, Defaults.of(TimestepSpacing.LINSPACE)).rescaled(true));
  }

  @Override
  public BetaSchedule betas() {
    return options.betas();
  }

  @Override
  public SamplingRun start(int steps) {
    return run(grid(options.fractionalTimes(steps)));
  }

  @Override
  public SamplingRun startAt(double... timesteps) {
    DpmSolverMultistepScheduler.requireNoSpacing(sigmaSpacing);
    if (tellsNoiseLevel) {
      throw new UsageException(
          "With timestep_type continuous the denoiser is told noise levels, not timesteps; give"
              + " sigmas instead.");
    }
    return run(grid(options.requireOwn(timesteps, false)));
  }

  @Override
  public SamplingRun startAtSigmas(double... sigmas) {
    if (sigmas.length < 2) {
      throw new UsageException(
          "There are " + sigmas.length + " sigmas; give one more than sampling steps.");
    }
    for (int i = 0; i < sigmas.length; i++) {
      boolean last = i == sigmas.length - 1;
      boolean descends = i == 0 || sigmas[i] < sigmas[i - 1];
      boolean fits = last ? sigmas[i] >= 0 : sigmas[i] > 0;
      if (!descends || !fits || sigmas[i] == Double.POSITIVE_INFINITY) {
        throw new UsageException(
            "The sigma "
                + sigmas[i]
                + " does not fit; give descending finite sigmas above 0, of which only the last may"
                + " be 0.");
      }
    }
    double[] ratios = Arrays.copyOf(sigmas, sigmas.length - 1);
    return run(levels.gridOf(ratios, Rounding.NONE, sigmas[sigmas.length - 1]));
  }

  private NoiseGrid grid(double[] times) {
    int steps = times.length;
    double end = endsAtZero ? 0 : levels.smallest();
    if (sigmaSpacing.isPresent()) {
      double[] ends = ends(times);
      double[] range = options.readSigmaRange(ends[0], ends[1]);
      double[] ratios = sigmaSpacing.get().between(range[0], range[1], steps);
      return levels.gridOf(ratios, Rounding.NONE, end);
    }
    if (interpolation == InterpolationType.LOG_LINEAR) {
      double[] ratios =
          SigmaSpacing.EXPONENTIAL.between(levels.largest(), levels.smallest(), steps + 1);
      double[] grid = new double[steps + 1];
      for (int i = 0; i <= steps; i++) {
        grid[i] = (float) ratios[i];
      }
      return new NoiseGrid(times, grid);
    }
    return levels.gridAt(times, end);
  }

  /** The largest and the smallest noise level that spaced ones lie between. */
  private double[] ends(double[] times) {
    return interpolation == InterpolationType.LOG_LINEAR
        ? new double[] {levels.largest(), levels.smallest()}
        : new double[] {levels.at(times[0]), levels.at(times[times.length - 1])};
  }

  private SamplingRun run(NoiseGrid grid) {
    if (!tellsNoiseLevel) {
      return new Run(grid);
    }
    double[] logs = new double[grid.timesteps().length];
    for (int i = 0; i < logs.length; i++) {
      logs[i] = (float) (0.25 * Math.log(grid.sigmas()[i]));
    }
    return new Run(new NoiseGrid(logs, grid.sigmas()));
  }

  private final class Run extends ExplodingRun {
    Run(NoiseGrid grid) {
      super(grid, options.spacing());
    }

    @Override
    Tensor advance(Tensor modelOutput, int step, Tensor sample, NoiseSource noise) {
      Tensor clean = clean(conversion, modelOutput, sample, sigma(step));
      double ratio = sigma(step + 1) / sigma(step);
      return LinearCombination.of(ratio, sample, 1 - ratio, clean);
    }
  }
}
