package org.viditq.verify.runner;

import com.fasterxml.jackson.databind.JsonNode;
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
import org.viditq.verify.fixture.Values;

/** {@code scheduler.*}: samples with the synthetic denoiser and compares every step. */
final class SchedulerRunner implements CaseRunner {
  /** What the fixtures' configurations hold beside the scheduler's own options. */
  private static final List<String> NOT_OF_THE_SCHEDULER =
      List.of(
          "variant",
          "guidance",
          "num_inference_steps",
          "timesteps",
          "sigmas",
          "seeds",
          "synthetic_model",
          "synthetic_variance",
          "noise");

  private final String className;

  /**
   * @param className as diffusers' configurations name it
   */
  SchedulerRunner(String className) {
    this.className = className;
  }

  @Override
  public <V> Results run(FixtureCase fixture, Operators<V> operators) {
    if (fixture.variant().equals("pixart_original")) {
      return continuous(fixture);
    }
    ObjectNode options = fixture.config().deepCopy();
    options.remove(NOT_OF_THE_SCHEDULER);
    options.put("_class_name", className);
    Scheduler scheduler =
        SchedulerFactory.fromConfig(JsonConfig.of(options, fixture.file().toString()));
    SamplingRun run = start(fixture.config(), scheduler);
    Trajectory trajectory = Trajectory.sample(fixture, fixture.input("x"), scheduler, run);
    return new Results()
        .put("timesteps", timesteps(fixture, run))
        .put("trajectory", trajectory.samples())
        .put("model_outputs", trajectory.modelOutputs())
        .put("output", trajectory.last())
        .put("sigmas", vector(run.sigmas()))
        .put("alphas_cumprod", vector(scheduler.betas().alphasCumprod()))
        .put("init_noise_sigma", run.initialNoiseSigma());
  }

  private static SamplingRun start(JsonNode config, Scheduler scheduler) {
    if (config.has("timesteps")) {
      return scheduler.startAt(Settings.doubles(config.get("timesteps")));
    }
    if (config.has("sigmas")) {
      return scheduler.startAtSigmas(Settings.doubles(config.get("sigmas")));
    }
    return scheduler.start(config.path("num_inference_steps").intValue());
  }

  /** Integers where the published scheduler has integers. */
  private static Values timesteps(FixtureCase fixture, SamplingRun run) {
    Tensor times = vector(run.timesteps());
    if (!(fixture.expected().get("timesteps") instanceof Values.Integers)) {
      return Values.of(times);
    }
    long[] whole = Arrays.stream(run.timesteps()).mapToLong(t -> (long) t).toArray();
    return new Values.Integers(times.shape(), whole);
  }

  /** The original PixArt code's solver: continuous time from 1 to 1/1000. */
  private static Results continuous(FixtureCase fixture) {
    ContinuousDpmSolverScheduler scheduler =
        new ContinuousDpmSolverScheduler(BetaSchedule.linear(1e-4, 0.02, 1000));
    int steps = fixture.setting("steps").intValue();
    SamplingRun run = scheduler.start(steps);
    Trajectory trajectory = Trajectory.sample(fixture, fixture.input("x"), scheduler, run);
    return new Results()
        .put("model_timesteps", vector(run.timesteps()))
        .put("times", vector(scheduler.times(steps)))
        .put("trajectory", trajectory.samples())
        .put("output", trajectory.last());
  }

  static Tensor vector(double[] values) {
    float[] narrow = new float[values.length];
    for (int i = 0; i < narrow.length; i++) {
      narrow[i] = (float) values[i];
    }
    return Tensor.of(narrow, narrow.length);
  }
}
