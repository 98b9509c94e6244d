package org.viditq.verify.runner;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.viditq.core.pipeline.Guidance;
import org.viditq.core.random.NoiseSource;
import org.viditq.core.random.SeededNoise;
import org.viditq.core.schedule.SamplingRun;
import org.viditq.core.schedule.Scheduler;
import org.viditq.core.tensor.Tensor;
import org.viditq.verify.fixture.FixtureCase;
import org.viditq.verify.fixture.SyntheticDenoiser;
import org.viditq.verify.fixture.Values;

/** Every sample, guided model output and predicted clean sample (if any) of one sampling. */
record Trajectory(List<Tensor> steps, List<Tensor> outputs, List<Tensor> cleans) {

  /**
   * Samples with the synthetic denoiser. Noise is the recorded one, or drawn by seed after the
   * initial noise, as pipelines do.
   *
   * @param unitNoise what the run's initial sample is made from
   */
  static Trajectory sample(
      FixtureCase fixture, Tensor unitNoise, Scheduler scheduler, SamplingRun run) {
    double[] times = run.timesteps();
    Optional<NoiseSource> seeded = seededNoise(fixture, unitNoise);
    Tensor x = run.initialSample(unitNoise);
    List<Tensor> steps = new ArrayList<>(List.of(x));
    List<Tensor> outputs = new ArrayList<>();
    List<Tensor> cleans = new ArrayList<>();
    Optional<Guidance> guidance = guidance(fixture, scheduler.guidedChannels(x.dim(1)));
    for (int i = 0; i < times.length; i++) {
      Tensor scaled = run.scaleModelInput(x, i);
      Tensor prediction = predict(guidance, scaled, times[i]);
      outputs.add(prediction);
      Tensor output =
          scheduler.usesLearnedVariance()
              ? SyntheticDenoiser.withVariance(prediction, scaled, times[i])
              : prediction;
      int step = i;
      x = run.step(output, i, x, seeded.orElse(shape -> noise(fixture, step)));
      steps.add(x);
      run.cleanSample().ifPresent(cleans::add);
    }
    return new Trajectory(steps, outputs, cleans);
  }

  private static Optional<Guidance> guidance(FixtureCase fixture, int guidedChannels) {
    JsonNode own = fixture.config().path("guidance");
    JsonNode scale = fixture.config().path("cfg_scale");
    JsonNode given = scale.isMissingNode() ? own : scale;
    return given.isNumber()
        ? Optional.of(new Guidance(given.doubleValue(), guidedChannels))
        : Optional.empty();
  }

  /** Guided from condition -0.5 to condition 1, or at condition 0. */
  private static Tensor predict(Optional<Guidance> guidance, Tensor x, double time) {
    return guidance
        .map(guided -> guided.apply(SyntheticDenoiser.predict(x, time, -0.5f, 1)))
        .orElseGet(() -> SyntheticDenoiser.predict(x, time, 0));
  }

  /** The noise of the case's seeds, behind the draw of the initial one; none without seeds. */
  private static Optional<NoiseSource> seededNoise(FixtureCase fixture, Tensor initial) {
    if (!fixture.config().has("seeds")) {
      return Optional.empty();
    }
    List<Long> seeds = new ArrayList<>();
    fixture.setting("seeds").forEach(seed -> seeds.add(seed.longValue()));
    SeededNoise noise = new SeededNoise(seeds);
    noise.draw(initial.shape());
    return Optional.of(noise);
  }

  private static Tensor noise(FixtureCase fixture, int step) {
    Tensor all = fixture.input("noise");
    int[] dims = Arrays.copyOfRange(all.shape().toArray(), 1, all.shape().rank());
    int size = all.size() / all.dim(0);
    return Tensor.of(Arrays.copyOfRange(all.data(), step * size, (step + 1) * size), dims);
  }

  Values samples() {
    return stack(steps);
  }

  Values modelOutputs() {
    return stack(outputs);
  }

  Values cleanSamples() {
    return stack(cleans);
  }

  Tensor last() {
    return steps.get(steps.size() - 1);
  }

  private static Values stack(List<Tensor> tensors) {
    return Values.stack(tensors.stream().map(Values::of).toList());
  }
}
