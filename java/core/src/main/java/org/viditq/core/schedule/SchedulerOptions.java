package org.viditq.core.schedule;

import java.util.Iterator;
import java.util.Set;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.error.UsageException;

/**
 * What all of diffusers' schedulers have in common, read from a {@code scheduler_config.json}.
 *
 * @param betas noise variances of the training steps
 * @param predictionType what the denoiser predicts
 * @param spacing how evaluation times are chosen
 * @param stepsOffset added to the times of leading spacing
 */
record SchedulerOptions(
    BetaSchedule betas, PredictionType predictionType, TimestepSpacing spacing, int stepsOffset) {

  /** Far above any real schedule, far below what would fill the heap. */
  private static final int MAX_TRAINING_STEPS = 1_000_000;

  /** Options that one of our schedulers reads, or that have no effect on numbers by themselves. */
  private static final Set<String> KNOWN =
      Set.of(
          "algorithm_type",
          "beta_end",
          "beta_schedule",
          "beta_start",
          "clip_sample",
          "clip_sample_range",
          "dynamic_thresholding_ratio",
          "eta",
          "euler_at_final",
          "final_sigmas_type",
          "flow_shift",
          "lambda_min_clipped",
          "lower_order_final",
          "num_train_timesteps",
          "prediction_type",
          "sample_max_value",
          "set_alpha_to_one",
          "solver_order",
          "solver_type",
          "steps_offset",
          "time_shift_type",
          "timestep_spacing",
          "trained_betas",
          "variance_type");

  /**
   * Reads the common options.
   *
   * @throws InvalidModelException if an option that is on is not implemented here (thresholding,
   *     Karras sigmas, ...): a scheduler that ignored it would silently give other pictures
   */
  static SchedulerOptions read(JsonConfig config, TimestepSpacing defaultSpacing) {
    rejectUnknown(config);
    int trainingSteps = config.getInt("num_train_timesteps", 1000);
    if (trainingSteps < 1 || trainingSteps > MAX_TRAINING_STEPS) {
      throw config.invalid("num_train_timesteps", "between 1 and " + MAX_TRAINING_STEPS);
    }
    return new SchedulerOptions(
        readBetas(config, trainingSteps),
        PredictionType.parse(config.getString("prediction_type", "epsilon")),
        config.findString("timestep_spacing").map(TimestepSpacing::parse).orElse(defaultSpacing),
        config.getInt("steps_offset", 0));
  }

  private static void rejectUnknown(JsonConfig config) {
    for (Iterator<String> keys = config.node().fieldNames(); keys.hasNext(); ) {
      String key = keys.next();
      boolean off =
          !config.has(key) || (config.node().get(key).isBoolean() && !config.getBoolean(key));
      if (!off && !key.startsWith("_") && !KNOWN.contains(key)) {
        throw new InvalidModelException(
            config.source()
                + ": the scheduler option "
                + key
                + " = "
                + config.node().get(key)
                + " is not supported; switch it off or choose another scheduler.");
      }
    }
  }

  private static BetaSchedule readBetas(JsonConfig config, int trainingSteps) {
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
    double start = config.getDouble("beta_start", 0.0001);
    double end = config.getDouble("beta_end", 0.02);
    String name = config.getString("beta_schedule", "linear");
    switch (name) {
      case "linear":
        return BetaSchedule.linear(start, end, trainingSteps);
      case "scaled_linear":
        return BetaSchedule.scaledLinear(start, end, trainingSteps);
      case "squaredcos_cap_v2":
        return BetaSchedule.squaredCosine(trainingSteps);
      default:
        throw config.invalid("beta_schedule", "linear, scaled_linear or squaredcos_cap_v2");
    }
  }

  /** The bound that predicted clean samples are clipped to; infinite if they are not. */
  static double readClipRange(JsonConfig config) {
    // diffusers clips by default, which is for pixels; folders of latent models say false.
    return config.getBoolean("clip_sample", true)
        ? config.getDouble("clip_sample_range", 1)
        : Double.POSITIVE_INFINITY;
  }

  /**
   * The evaluation times of a sampling with {@code steps} steps.
   *
   * @throws UsageException if there are too few or too many steps for the training schedule
   */
  double[] times(int steps) {
    requireSteps(steps, betas.trainingSteps());
    return requireDistinct(
        spacing.points(steps, betas.trainingSteps(), stepsOffset), betas.trainingSteps());
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
      if (!descends || times[i] < 0 || times[i] >= trainingSteps) {
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
}
