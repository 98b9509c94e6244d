package org.viditq.verify.runner;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.operators.Operators;
import org.viditq.core.schedule.IddpmScheduler;
import org.viditq.core.schedule.SpacedDiffusion;
import org.viditq.core.schedule.TimestepRespacing;
import org.viditq.verify.fixture.FixtureCase;

/** {@code scheduler.iddpm}: respacing, and sampling as Open-Sora does. */
final class IddpmRunner implements CaseRunner {

  @Override
  public <V> Results run(FixtureCase fixture, Operators<V> operators) {
    return fixture.config().has("cases") ? respacing(fixture) : sampling(fixture);
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

  private static Results sampling(FixtureCase fixture) {
    IddpmScheduler scheduler = scheduler(fixture);
    int steps = fixture.setting("num_sampling_steps").intValue();
    SpacedDiffusion process = scheduler.spaced(steps);
    Trajectory trajectory =
        Trajectory.sample(fixture, fixture.input("z"), scheduler, scheduler.start(steps));
    double[] logVariances = new double[process.steps()];
    for (int i = 0; i < logVariances.length; i++) {
      logVariances[i] = process.posteriorLogVariance(i);
    }
    return new Results()
        .put("timestep_map", process.timestepMap(), process.steps())
        .put("betas", SchedulerRunner.vector(process.betas().betas()))
        .put("posterior_log_variance_clipped", SchedulerRunner.vector(logVariances))
        .put("pred_xstart", trajectory.cleanSamples())
        .put("trajectory", trajectory.samples())
        .put("output", trajectory.last());
  }

  private static IddpmScheduler scheduler(FixtureCase fixture) {
    boolean ddim = fixture.setting("sampler").asText().equals("ddim");
    ObjectNode options = JsonNodeFactory.instance.objectNode();
    options.set("num_train_timesteps", fixture.setting("diffusion_steps"));
    options.set("beta_schedule", fixture.setting("noise_schedule"));
    options.set("eta", fixture.setting("eta"));
    options.put("sampler", ddim ? "ddim" : "p_sample");
    return IddpmScheduler.fromConfig(JsonConfig.of(options, fixture.file().toString()));
  }
}
