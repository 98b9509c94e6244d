package org.viditq.verify.runner;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.viditq.core.random.NoiseSource;
import org.viditq.core.random.SeededNoise;
import org.viditq.core.schedule.SamplingRun;
import org.viditq.core.schedule.Scheduler;
import org.viditq.core.tensor.Tensor;
import org.viditq.verify.fixture.FixtureCase;

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
    int guidedChannels = scheduler.guidedChannels(x.dim(1));
    for (int i = 0; i < times.length; i++) {
      Tensor scaled = run.scaleModelInput(x, i);
      Tensor prediction = predict(fixture.config(), scaled, times[i], guidedChannels);
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

  /** Guided with conditions 1 and -0.5, or at condition 0. */
  private static Tensor predict(JsonNode config, Tensor x, double time, int guidedChannels) {
    JsonNode guidance = config.has("cfg_scale") ? config.get("cfg_scale") : config.path("guidance");
    // A guidance of 1 leaves the unconditional branch out, exactly so also in this formula.
    return guidance.isNumber()
        ? SyntheticDenoiser.guide(
            SyntheticDenoiser.predict(x, time, -0.5f),
            SyntheticDenoiser.predict(x, time, 1),
            guidance.floatValue(),
            guidedChannels)
        : SyntheticDenoiser.predict(x, time, 0);
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

  Tensor samples() {
    return stack(steps);
  }

  Tensor modelOutputs() {
    return stack(outputs);
  }

  Tensor cleanSamples() {
    return stack(cleans);
  }

  Tensor last() {
    return steps.get(steps.size() - 1);
  }

  private static Tensor stack(List<Tensor> tensors) {
    int size = tensors.get(0).size();
    int[] shape = tensors.get(0).shape().toArray();
    int[] dims = new int[shape.length + 1];
    dims[0] = tensors.size();
    System.arraycopy(shape, 0, dims, 1, shape.length);
    float[] all = new float[tensors.size() * size];
    for (int i = 0; i < tensors.size(); i++) {
      System.arraycopy(tensors.get(i).data(), 0, all, i * size, size);
    }
    return Tensor.of(all, dims);
  }
}
