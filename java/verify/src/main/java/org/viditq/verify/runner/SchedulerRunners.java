package org.viditq.verify.runner;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.stream.IntStream;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.schedule.BetaSchedule;
import org.viditq.core.schedule.ContinuousDpmSolverScheduler;
import org.viditq.core.schedule.IddpmScheduler;
import org.viditq.core.schedule.SamplingRun;
import org.viditq.core.schedule.Scheduler;
import org.viditq.core.schedule.SchedulerFactory;
import org.viditq.core.schedule.SpacedDiffusion;
import org.viditq.core.schedule.TimestepRespacing;
import org.viditq.verify.fixture.FixtureCase;
import org.viditq.verify.fixture.Values;

/** {@code scheduler.*}: samples with the synthetic denoiser and compares every step. */
final class SchedulerRunners {
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

  private SchedulerRunners() {}

  /**
   * A scheduler of diffusers.
   *
   * @param className as diffusers' configurations name it
   */
  static CaseRunner diffusers(String className) {
    return CaseRunner.withoutBackend(fixture -> diffusers(className, fixture));
  }

  private static Results diffusers(String className, FixtureCase fixture) {
    ObjectNode options = fixture.config().deepCopy();
    options.remove(NOT_OF_THE_SCHEDULER);
    options.put("_class_name", className);
    Scheduler scheduler =
        SchedulerFactory.fromConfig(JsonConfig.of(options, fixture.file().toString()));
    SamplingRun run = start(fixture.config(), scheduler);
    Trajectory trajectory = Trajectory.sample(fixture, fixture.input("x"), scheduler, run);
    // Some of the published schedulers have integer timesteps, others have floats.
    Values timesteps = Values.of(run.timesteps());
    boolean whole = fixture.expected().get("timesteps") instanceof Values.Integers;
    return new Results()
        .put("timesteps", whole ? timesteps.whole() : timesteps)
        .put("trajectory", trajectory.samples())
        .put("model_outputs", trajectory.modelOutputs())
        .put("output", trajectory.last())
        .put("sigmas", Values.of(run.sigmas()))
        .put("alphas_cumprod", Values.of(scheduler.betas().alphasCumprod()))
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

  /** {@code scheduler.dpmsolver_multistep}, of diffusers and of the original PixArt code. */
  static Results dpmSolver(FixtureCase fixture) {
    return fixture.variant().equals("pixart_original")
        ? continuousDpmSolver(fixture)
        : diffusers("DPMSolverMultistepScheduler", fixture);
  }

  /** The original PixArt code's solver: continuous time from 1 to 1/1000. */
  private static Results continuousDpmSolver(FixtureCase fixture) {
    ContinuousDpmSolverScheduler scheduler =
        new ContinuousDpmSolverScheduler(BetaSchedule.linear(1e-4, 0.02, 1000));
    int steps = fixture.setting("steps").intValue();
    SamplingRun run = scheduler.start(steps);
    Trajectory trajectory = Trajectory.sample(fixture, fixture.input("x"), scheduler, run);
    return new Results()
        .put("model_timesteps", Values.of(run.timesteps()))
        .put("times", Values.of(scheduler.times(steps)))
        .put("trajectory", trajectory.samples())
        .put("output", trajectory.last());
  }

  /** {@code scheduler.iddpm}: respacing, and sampling as Open-Sora does. */
  static Results iddpm(FixtureCase fixture) {
    return fixture.config().has("cases") ? respacing(fixture) : iddpmSampling(fixture);
  }

  private static Results respacing(FixtureCase fixture) {
    Results results = new Results();
    int number = 0;
    for (JsonNode process : fixture.setting("cases")) {
      int[] kept = TimestepRespacing.steps(process.get(0).intValue(), process.get(1).textValue());
      results.put("steps." + number++, kept, kept.length);
    }
    return results;
  }

  private static Results iddpmSampling(FixtureCase fixture) {
    IddpmScheduler scheduler = iddpmScheduler(fixture);
    int steps = fixture.setting("num_sampling_steps").intValue();
    SpacedDiffusion process = scheduler.spaced(steps);
    Trajectory trajectory =
        Trajectory.sample(fixture, fixture.input("z"), scheduler, scheduler.start(steps));
    double[] logVariances =
        IntStream.range(0, process.steps()).mapToDouble(process::posteriorLogVariance).toArray();
    return new Results()
        .put("timestep_map", process.timestepMap(), process.steps())
        .put("betas", Values.of(process.betas().betas()))
        .put("posterior_log_variance_clipped", Values.of(logVariances))
        .put("pred_xstart", trajectory.cleanSamples())
        .put("trajectory", trajectory.samples())
        .put("output", trajectory.last());
  }

  private static IddpmScheduler iddpmScheduler(FixtureCase fixture) {
    boolean ddim = fixture.setting("sampler").asText().equals("ddim");
    ObjectNode options = JsonNodeFactory.instance.objectNode();
    options.set("num_train_timesteps", fixture.setting("diffusion_steps"));
    options.set("beta_schedule", fixture.setting("noise_schedule"));
    options.set("eta", fixture.setting("eta"));
    options.put("sampler", ddim ? "ddim" : "p_sample");
    return IddpmScheduler.fromConfig(JsonConfig.of(options, fixture.file().toString()));
  }
}
