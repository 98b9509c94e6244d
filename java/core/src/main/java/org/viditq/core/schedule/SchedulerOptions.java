package org.viditq.core.schedule;

import java.util.Iterator;
import java.util.Locale;
import java.util.Set;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.error.UsageException;

/**
 * What all of diffusers' schedulers have in common, read from a {@code scheduler_config.json}.
 *
 * @param config the configuration, for what a scheduler has of its own
 * @param betas noise variances of the training steps, rounded as diffusers rounds them
 * @param predictionType what the denoiser predicts
 * @param spacing how evaluation times are chosen
 * @param stepsOffset added to the times of leading spacing
 */
record SchedulerOptions(
    JsonConfig config,
    BetaSchedule betas,
    PredictionType predictionType,
    TimestepSpacing spacing,
    int stepsOffset) {

  /** Far above any real schedule, far below what would fill the heap. */
  private static final int MAX_TRAINING_STEPS = 1_000_000;

  /**
   * The options of diffusers' schedulers. A class is given those of others, too, when a folder's
   * configuration is read for another class, and ignores them, as diffusers does.
   */
  private static final Set<String> KNOWN =
      Set.of(
          "algorithm_type",
          "beta_end",
          "beta_schedule",
          "beta_start",
          "clip_sample",
          "clip_sample_range",
          "disable_corrector",
          "dynamic_thresholding_ratio",
          "eta",
          "euler_at_final",
          "final_sigmas_type",
          "flow_shift",
          "interpolation_type",
          "lambda_min_clipped",
          "lower_order_final",
          "num_train_timesteps",
          "original_inference_steps",
          "predict_x0",
          "prediction_type",
          "rescale_betas_zero_snr",
          "sample_max_value",
          "sampler",
          "set_alpha_to_one",
          "shift_terminal",
          "sigma_max",
          "sigma_min",
          "skip_prk_steps",
          "solver_order",
          "solver_p",
          "solver_type",
          "steps_offset",
          "thresholding",
          "time_shift_type",
          "timestep_scaling",
          "timestep_spacing",
          "timestep_type",
          "trained_betas",
          "use_beta_sigmas",
          "use_dynamic_shifting",
          "use_exponential_sigmas",
          "use_flow_sigmas",
          "use_karras_sigmas",
          "use_lu_lambdas",
          "variance_type");

  /**
   * What a class of diffusers takes for options that the configuration lacks.
   *
   * @param betaSchedule name of the noise schedule
   */
  record Defaults(double betaStart, double betaEnd, String betaSchedule, TimestepSpacing spacing) {

    /** Those of most classes. */
    static Defaults of(TimestepSpacing spacing) {
      return new Defaults(0.0001, 0.02, "linear", spacing);
    }
  }

  static boolean isKnown(String option) {
    return KNOWN.contains(option);
  }

  /**
   * Reads the common options.
   *
   * @throws InvalidModelException if an option that is on is known to none of diffusers' schedulers
   *     here: ignoring it would silently give other pictures
   */
  static SchedulerOptions read(JsonConfig config, Defaults defaults) {
    rejectUnknown(config);
    return new SchedulerOptions(
        config,
        readBetas(config, defaults).inSinglePrecision(),
        PredictionType.parse(config.getString("prediction_type", "epsilon")),
        config.findString("timestep_spacing").map(TimestepSpacing::parse).orElse(defaults.spacing),
        config.getInt("steps_offset", 0));
  }

  private static void rejectUnknown(JsonConfig config) {
    for (Iterator<String> keys = config.node().fieldNames(); keys.hasNext(); ) {
      String key = keys.next();
      if (isOn(config, key) && !key.startsWith("_") && !KNOWN.contains(key)) {
        throw unsupported(config, key);
      }
    }
  }

  private static boolean isOn(JsonConfig config, String key) {
    return config.has(key) && !(config.node().get(key).isBoolean() && !config.getBoolean(key));
  }

  private static InvalidModelException unsupported(JsonConfig config, String key) {
    String value = config.node().get(key).toString();
    return new InvalidModelException(
        config.source()
            + ": the scheduler option "
            + key
            + " = "
            + (value.length() <= 60 ? value : value.substring(0, 57) + "...")
            + " is not supported; switch it off or choose another scheduler with --scheduler.");
  }

  /**
   * @throws InvalidModelException if one of these options of the class, which are not implemented
   *     here, is on
   */
  void reject(String... options) {
    for (String option : options) {
      if (isOn(config, option)) {
        throw unsupported(config, option);
      }
    }
  }

  /** The noise schedule in double precision. */
  static BetaSchedule readBetas(JsonConfig config, Defaults defaults) {
    int trainingSteps = config.getInt("num_train_timesteps", 1000);
    if (trainingSteps < 1 || trainingSteps > MAX_TRAINING_STEPS) {
      throw config.invalid("num_train_timesteps", "between 1 and " + MAX_TRAINING_STEPS);
    }
    if (config.has("trained_betas")) {
      double[] betas = config.getDoubleArray("trained_betas");
      if (betas.length != trainingSteps) {
        throw new InvalidModelException(
            config.source()
                + ": trained_betas has "
                + betas.length
                + " entries, but num_train_timesteps is "
                + trainingSteps
                + ".");
      }
      return BetaSchedule.of(betas);
    }
    double start = config.getDouble("beta_start", defaults.betaStart);
    double end = config.getDouble("beta_end", defaults.betaEnd);
    switch (config.getString("beta_schedule", defaults.betaSchedule)) {
      case "linear":
        return BetaSchedule.linear(start, end, trainingSteps);
      case "scaled_linear":
        return BetaSchedule.scaledLinear(start, end, trainingSteps);
      case "squaredcos_cap_v2":
        return BetaSchedule.squaredCosine(trainingSteps);
      case "sigmoid":
        return BetaSchedule.sigmoid(start, end, trainingSteps);
      case "laplace":
        return BetaSchedule.laplace(trainingSteps);
      case "exp":
        return BetaSchedule.exponential(trainingSteps);
      default:
        throw config.invalid(
            "beta_schedule", "linear, scaled_linear, squaredcos_cap_v2, sigmoid, laplace or exp");
    }
  }

  /**
   * With the betas stretched if {@code rescale_betas_zero_snr} is on.
   *
   * @param tinySignal whether the last step keeps a signal of ᾱ = 2^-24, as solvers on noise levels
   *     need it, instead of none
   */
  SchedulerOptions rescaled(boolean tinySignal) {
    if (!config.getBoolean("rescale_betas_zero_snr", false)) {
      return this;
    }
    BetaSchedule zero = betas.withZeroTerminalSignal();
    return new SchedulerOptions(
        config,
        tinySignal ? zero.withTinyTerminalSignal() : zero,
        predictionType,
        spacing,
        stepsOffset);
  }

  /**
   * Reads {@code final_sigmas_type}: whether sampling ends without noise.
   *
   * @throws InvalidModelException if it is neither zero nor sigma_min
   */
  boolean readEndsAtZero() {
    String name = config.getString("final_sigmas_type", "zero");
    if (!name.equals("zero") && !name.equals("sigma_min")) {
      throw config.invalid("final_sigmas_type", "zero or sigma_min");
    }
    return name.equals("zero");
  }

  /**
   * Reads {@code sigma_max} and {@code sigma_min}, the ends of spaced noise levels.
   *
   * @throws InvalidModelException if they do not descend
   */
  double[] readSigmaRange(double largest, double smallest) {
    double max = config.getPositiveDouble("sigma_max", largest);
    double min = config.getPositiveDouble("sigma_min", smallest);
    if (max < min) {
      throw config.invalid(
          config.has("sigma_max") ? "sigma_max" : "sigma_min",
          config.has("sigma_max") ? "at least " + min : "at most " + max);
    }
    return new double[] {max, min};
  }

  /** Reads {@code solver_order}, 1 to 3. */
  int readSolverOrder() {
    int order = config.getInt("solver_order", 2);
    if (order < 1 || order > 3) {
      throw config.invalid("solver_order", "1, 2 or 3");
    }
    return order;
  }

  /** Reads an option that names a constant. */
  <E extends Enum<E>> E readName(String option, E fallback, String expected) {
    try {
      return config
          .findString(option)
          .map(name -> Enum.valueOf(fallback.getDeclaringClass(), name.toUpperCase(Locale.ROOT)))
          .orElse(fallback);
    } catch (IllegalArgumentException unknown) {
      throw config.invalid(option, expected);
    }
  }

  /** The noise schedule's name, lower case. */
  String betaScheduleName(String fallback) {
    return config.getString("beta_schedule", fallback);
  }

  /**
   * The evaluation times of a sampling with {@code steps} steps.
   *
   * @throws UsageException if there are too few or too many steps for the training schedule
   */
  double[] times(int steps) {
    int trainingSteps = betas.trainingSteps();
    requireSteps(steps, trainingSteps);
    return requireDistinct(spacing.points(steps, trainingSteps, stepsOffset), trainingSteps);
  }

  /** As {@link #times}, but linspace spacing does not round to training steps. */
  double[] fractionalTimes(int steps) {
    int trainingSteps = betas.trainingSteps();
    requireSteps(steps, trainingSteps);
    double[] times = spacing.fractionalPoints(steps, trainingSteps, stepsOffset);
    for (int i = 0; i < times.length; i++) {
      times[i] = (float) times[i];
    }
    return requireDistinct(times, trainingSteps);
  }

  static void requireSteps(int steps, int trainingSteps) {
    if (steps < 1 || steps > trainingSteps) {
      throw new UsageException(
          "The number of sampling steps is "
              + steps
              + ", but must lie between 1 and "
              + trainingSteps
              + ".");
    }
  }

  /** Checks that times descend strictly and are training steps. */
  static double[] requireDistinct(double[] times, int trainingSteps) {
    for (int i = 0; i < times.length; i++) {
      boolean descends = i == 0 || times[i] < times[i - 1];
      if (!descends || times[i] < 0 || times[i] > trainingSteps - 1) {
        throw new UsageException(
            "The scheduler cannot place "
                + times.length
                + " sampling steps on its "
                + trainingSteps
                + " training steps; take fewer steps.");
      }
    }
    return times;
  }

  /**
   * Checks that the sample can be told from the prediction at all times.
   *
   * @throws UsageException if noise is predicted where there is nothing but noise
   */
  double[] requireSignal(double[] times) {
    for (double time : times) {
      if (betas.alphaCumprod((int) time) == 0 && predictionType == PredictionType.EPSILON) {
        throw new UsageException(
            "With rescale_betas_zero_snr nothing is left of the signal at timestep "
                + (int) time
                + ", where a denoiser that predicts epsilon tells nothing; choose another scheduler"
                + " with --scheduler, for example euler or dpmsolver++.");
      }
    }
    return times;
  }

  /** The grid of the times, and ᾱ after the last step. */
  NoiseGrid gridAt(double[] times, double finalAlphaCumprod) {
    double[] sigmas = new double[times.length + 1];
    for (int i = 0; i < times.length; i++) {
      sigmas[i] = betas.sigma((int) times[i]);
    }
    sigmas[times.length] = BetaSchedule.sigmaOf(finalAlphaCumprod);
    return new NoiseGrid(times, sigmas);
  }

  /**
   * Checks times that the user has chosen.
   *
   * @param whole whether they must be training steps, not between two
   * @return a copy
   */
  double[] requireOwn(double[] times, boolean whole) {
    int last = betas.trainingSteps() - 1;
    if (times.length == 0) {
      throw new UsageException("There are no timesteps; give at least one.");
    }
    for (int i = 0; i < times.length; i++) {
      boolean descends = i == 0 || times[i] < times[i - 1];
      boolean fits = times[i] >= 0 && times[i] <= last;
      if (!descends || !fits || (whole && times[i] != Math.rint(times[i]))) {
        throw new UsageException(
            "The timestep "
                + times[i]
                + " is not "
                + (fits
                    ? (descends ? "whole" : "below the one before it")
                    : "between 0 and " + last)
                + "; give descending "
                + (whole ? "whole " : "")
                + "timesteps between 0 and "
                + last
                + ".");
      }
    }
    return times.clone();
  }
}
