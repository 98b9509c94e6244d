package org.viditq.verify.runner;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.List;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.operators.Operators;
import org.viditq.core.schedule.BetaSchedule;
import org.viditq.core.schedule.ContinuousDpmSolverScheduler;
import org.viditq.core.schedule.SamplingRun;
import org.viditq.core.schedule.Scheduler;
import org.viditq.core.schedule.SchedulerFactory;
import org.viditq.core.tensor.Tensor;
import org.viditq.verify.fixture.FixtureCase;

/** {@code scheduler.*}: samples with the synthetic denoiser and compares every step. */
final class SchedulerRunner implements CaseRunner {
  /** What the fixtures' configurations hold beside the scheduler's own options. */
  private static final List<String> NOT_OF_THE_SCHEDULER =
      List.of(
          "variant",
          "guidance",
          "num_inference_steps",
          "synthetic_model",
          "synthetic_variance",
          "noise");

  private final String name;

  /**
   * @param name as {@code --scheduler} knows it
   */
  SchedulerRunner(String name) {
    this.name = name;
  }

  @Override
  public <V> Results run(FixtureCase fixture, Operators<V> operators) {
    if (fixture.variant().equals("pixart_original")) {
      return continuous(fixture);
    }
    ObjectNode options = fixture.config().deepCopy();
    options.remove(NOT_OF_THE_SCHEDULER);
    Scheduler scheduler =
        SchedulerFactory.byName(name, JsonConfig.of(options, fixture.file().toString()));
    int steps = fixture.setting("num_inference_steps").intValue();
    Trajectory trajectory =
        Trajectory.sample(fixture, scheduler.start(steps), scheduler.usesLearnedVariance());
    return results(fixture, trajectory);
  }

  private static Results results(FixtureCase fixture, Trajectory trajectory) {
    BetaSchedule betas = betas(fixture);
    double[] times = trajectory.timesteps();
    Results results = new Results();
    results
        .put("timesteps", Arrays.stream(times).mapToInt(t -> (int) t).toArray(), times.length)
        .put("trajectory", trajectory.samples())
        .put("model_outputs", trajectory.modelOutputs())
        .put("output", trajectory.last())
        .put("sigmas", sigmas(betas, times))
        .put("alphas_cumprod", alphasCumprod(betas));
    return results;
  }

  /** The original PixArt code's solver: continuous time from 1 to 1/1000. */
  private static Results continuous(FixtureCase fixture) {
    SamplingRun run =
        new ContinuousDpmSolverScheduler(BetaSchedule.linear(1e-4, 0.02, 1000))
            .start(fixture.setting("steps").intValue());
    Trajectory trajectory = Trajectory.sample(fixture, run, false);
    double[] times = trajectory.timesteps();
    float[] modelTimes = new float[times.length];
    float[] grid = new float[times.length + 1];
    for (int i = 0; i < times.length; i++) {
      modelTimes[i] = (float) times[i];
      grid[i] = (float) ((times[i] + 1) / 1000);
    }
    grid[times.length] = 1 / 1000f;
    return new Results()
        .put("model_timesteps", Tensor.of(modelTimes, modelTimes.length))
        .put("times", Tensor.of(grid, grid.length))
        .put("trajectory", trajectory.samples())
        .put("output", trajectory.last());
  }

  private static BetaSchedule betas(FixtureCase fixture) {
    double start = fixture.setting("beta_start").doubleValue();
    double end = fixture.setting("beta_end").doubleValue();
    int steps = fixture.setting("num_train_timesteps").intValue();
    return switch (fixture.setting("beta_schedule").asText()) {
      case "linear" -> BetaSchedule.linear(start, end, steps);
      case "scaled_linear" -> BetaSchedule.scaledLinear(start, end, steps);
      default -> throw fixture.unknownVariant();
    };
  }

  private static Tensor alphasCumprod(BetaSchedule betas) {
    float[] values = new float[betas.trainingSteps()];
    for (int t = 0; t < values.length; t++) {
      values[t] = (float) betas.alphaCumprod(t);
    }
    return Tensor.of(values, values.length);
  }

  /** Noise to signal ratio at the evaluation times, and 0 at the end. */
  private static Tensor sigmas(BetaSchedule betas, double[] times) {
    float[] values = new float[times.length + 1];
    for (int i = 0; i < times.length; i++) {
      values[i] = (float) betas.sigma((int) times[i]);
    }
    return Tensor.of(values, values.length);
  }
}
