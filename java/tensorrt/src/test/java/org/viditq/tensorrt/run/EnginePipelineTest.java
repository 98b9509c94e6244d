package org.viditq.tensorrt.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.pipeline.Clip;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.EncodedPrompts;
import org.viditq.core.pipeline.ProgressListener;
import org.viditq.core.pipeline.SamplingDenoiser;
import org.viditq.core.pipeline.SamplingListener;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.apply.ChosenParameters;
import org.viditq.quantize.metric.Psnr;
import org.viditq.tensorrt.engine.EngineRequest;
import org.viditq.tensorrt.standin.StandInRuntime.Pace;

/** Whole pipelines as engines on the stand-in, beside the backend native. */
@Tag("slow")
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class EnginePipelineTest {
  /**
   * One evaluation of a quantized transformer: in a few places a code is rounded the other way, and
   * of the layers behind it more are. The reference is as far from native, 0.0011 at timestep 999.
   */
  private static final double ROUNDING = 0.006;

  @TempDir private Path folder;

  /** In full precision nothing is rounded to codes, so that pictures are equal. */
  @ParameterizedTest
  @EnumSource(Pace.class)
  void picturesAreThoseOfTheNativeBackend(Pace pace) {
    DiffusionPipeline expected = Samples.pixart();
    StandInNetworks networks = new StandInNetworks(folder, pace);
    DiffusionPipeline engines = Samples.pixart().on(networks::open);
    Tensor latents = Samples.sample(engines, Samples.encode(engines), UnaryOperator.identity(), 2);
    Tensor truth = Samples.sample(expected, Samples.encode(expected), UnaryOperator.identity(), 2);
    assertThat(
            Psnr.of(
                Samples.decode(expected, truth).frame(0).pixels(),
                Samples.decode(engines, latents).frame(0).pixels(),
                1))
        .isGreaterThan(80);
    requireAllClosed(networks);
    assertThat(networks.requests())
        .extracting(EngineRequest::name)
        .containsExactly("t5", "transformer", "sampling_step", "vae");
  }

  /**
   * Latents with frames, all of which one evaluation sees; the decoder takes one after the other.
   */
  @ParameterizedTest
  @EnumSource(Pace.class)
  void clipsAreThoseOfTheNativeBackend(Pace pace) {
    DiffusionPipeline expected = Samples.stdit();
    StandInNetworks networks = new StandInNetworks(folder, pace);
    DiffusionPipeline engines = Samples.stdit().on(networks::open);
    Tensor latents = Samples.sample(engines, Samples.encode(engines), UnaryOperator.identity(), 1);
    Tensor truth = Samples.sample(expected, Samples.encode(expected), UnaryOperator.identity(), 1);
    Clip clip = Samples.decode(engines, latents);
    assertThat(clip.frames()).isEqualTo(expected.defaultFrames()).isGreaterThan(1);
    assertThat(Psnr.of(Samples.decode(expected, truth).pixels(), clip.pixels(), 1))
        .isGreaterThan(80);
    assertThat(networks.requests())
        .extracting(EngineRequest::name)
        .containsExactly("t5", "transformer", "sampling_step", "vae");
    requireAllClosed(networks);
  }

  /**
   * A code that is rounded the other way has more of them behind it rounded so, until the sums of
   * the last layers have little in common: native is as far from itself where the latents differ in
   * their last bit, 0.0047 at timestep 999, where quantization costs 0.0063.
   */
  @Test
  void quantizedPredictionsOfClipsAreAsNearAsRoundingLets() {
    DiffusionPipeline expected = Samples.stdit();
    StandInNetworks networks = new StandInNetworks(folder, Pace.LATE);
    EncodedPrompts prompts = Samples.encode(expected);
    try (ChosenParameters chosen = Samples.quantized(expected, "w8a8");
        Denoiser judge = expected.openDenoiser(chosen.parameters());
        Denoiser judged = Samples.stdit().on(networks::open).openDenoiser(chosen.parameters())) {
      List<DenoiserInput> inputs = Samples.inputs(expected, prompts);
      for (int step : new int[] {0, Samples.STEPS - 1}) {
        DenoiserInput input = inputs.get(step);
        Tensor quantized = judge.predict(input);
        double rounding = Samples.distance(judge.predict(Samples.nudged(input)), quantized);
        assertThat(Samples.distance(judged.predict(input), quantized))
            .as("timestep " + input.timestep())
            .isLessThan(2 * rounding);
        assertThat(rounding).isLessThan(0.02);
      }
    }
    requireAllClosed(networks);
  }

  private static void requireAllClosed(StandInNetworks networks) {
    assertThat(networks.left).isEmpty();
    assertThat(networks.runtimes())
        .isNotEmpty()
        .allSatisfy(
            runtime -> {
              assertThat(runtime.isClosed()).isTrue();
              assertThat(runtime.used()).isZero();
            });
  }

  /** Every scheduler that takes its steps on the device, noise included, beside the host's. */
  @ParameterizedTest
  @CsvSource({"ddim", "dpmsolver++", "dpmsolver++-sde", "unipc", "euler", "ddpm"})
  void schedulersStepOnTheDeviceAsOnTheHost(String scheduler) {
    StandInNetworks networks = new StandInNetworks(folder, Pace.LATE);
    DiffusionPipeline expected = Samples.pixart(scheduler);
    EncodedPrompts prompts = Samples.encode(expected);
    Tensor truth = Samples.sample(expected, prompts, UnaryOperator.identity(), 2);
    Tensor latents =
        Samples.sample(
            Samples.pixart(scheduler).on(networks::open), prompts, UnaryOperator.identity(), 2);
    assertThat(Samples.distance(latents, truth)).isLessThan(1e-3);
    assertThat(networks.requests())
        .extracting(EngineRequest::name)
        .containsExactly("transformer", "sampling_step");
    requireAllClosed(networks);
  }

  /** Evaluations on inputs of a sampling, in both timestep ranges, and back again. */
  @ParameterizedTest
  @CsvSource({"w8a8, EAGER", "w8a8, LATE", "w4a8, EAGER", "w4a8, LATE"})
  void quantizedPredictionsAreThoseOfTheNativeBackend(String plan, Pace pace) {
    DiffusionPipeline expected = Samples.pixart();
    StandInNetworks networks = new StandInNetworks(folder, pace);
    EncodedPrompts prompts = Samples.encode(expected);
    try (ChosenParameters chosen = Samples.quantized(expected, plan);
        Denoiser judge = expected.openDenoiser(chosen.parameters());
        Denoiser judged = Samples.pixart().on(networks::open).openDenoiser(chosen.parameters())) {
      List<DenoiserInput> inputs = Samples.inputs(expected, prompts);
      for (int step : new int[] {0, Samples.STEPS - 1, 1, Samples.STEPS - 2, Samples.STEPS - 1}) {
        DenoiserInput input = inputs.get(step);
        assertThat(Samples.distance(judged.predict(input), judge.predict(input)))
            .as("timestep " + input.timestep())
            .isLessThan(ROUNDING);
      }
    }
    requireAllClosed(networks);
  }

  /**
   * A sampling whose steps hand the first sample on and end with what the denoiser says of it: so
   * rounding does not grow from step to step, and the last step's weight set is told apart.
   */
  @ParameterizedTest
  @CsvSource({"w8a8, EAGER", "w8a8, LATE", "w4a8, EAGER", "w4a8, LATE"})
  void quantizedStepsOnTheDeviceAreThoseOfTheNativeBackend(String plan, Pace pace) {
    DiffusionPipeline expected = Samples.pixart();
    StandInNetworks networks = new StandInNetworks(folder, pace);
    EncodedPrompts prompts = Samples.encode(expected);
    try (ChosenParameters chosen = Samples.quantized(expected, plan);
        Denoiser judge = expected.openDenoiser(chosen.parameters());
        Denoiser judged = Samples.pixart().on(networks::open).openDenoiser(chosen.parameters())) {
      DenoiserInput input = Samples.inputs(expected, prompts).get(2);
      for (double[] times : new double[][] {{800, 700, 300, 200}, {400, 300, 600, 900}}) {
        double last = times[times.length - 1];
        assertThat(
                Samples.distance(
                    Samples.handedOn((SamplingDenoiser) judged, input, times),
                    Samples.guided(judge, input, last)))
            .as("timestep " + last)
            .isLessThan(2 * ROUNDING); // guidance enlarges it
      }
    }
    requireAllClosed(networks);
  }

  /** The first evaluation is no graph, as TensorRT wants; all others are launches of one graph. */
  @Test
  void nothingIsAllocatedPerStep() {
    StandInNetworks networks = new StandInNetworks(folder, Pace.EAGER);
    DiffusionPipeline pipeline = Samples.pixart().on(networks::open);
    EncodedPrompts prompts = Samples.encode(Samples.pixart());
    try (Denoiser denoiser = pipeline.openDenoiser(UnaryOperator.identity())) {
      sample(pipeline, prompts, denoiser, 2);
      int allocated = networks.runtimes().get(0).allocations();
      int launched = networks.runtimes().get(0).launches();
      assertThat(launched).isEqualTo(Samples.STEPS - 1);
      sample(pipeline, prompts, denoiser, 2);
      // The pinned table of a sampling, whatever its steps.
      assertThat(networks.runtimes().get(0).allocations()).isEqualTo(allocated + 1);
      assertThat(networks.runtimes().get(0).launches()).isEqualTo(launched + Samples.STEPS);
      // A smaller batch is in the profile: no other engine of the transformer.
      sample(pipeline, prompts, denoiser, 1);
      assertThat(networks.requests())
          .filteredOn(request -> request.name().equals("transformer"))
          .hasSize(1);
      // A larger one is not.
      sample(pipeline, prompts, denoiser, 3);
      assertThat(networks.requests())
          .filteredOn(request -> request.name().equals("transformer"))
          .hasSize(2);
    }
    requireAllClosed(networks);
  }

  private static Tensor sample(
      DiffusionPipeline pipeline, EncodedPrompts prompts, Denoiser denoiser, int pictures) {
    return pipeline.sample(
        Samples.request(pipeline, pictures),
        prompts.select(List.of(0, 1, 0, 1).subList(0, pictures)),
        denoiser,
        SamplingListener.NONE,
        ProgressListener.NONE);
  }
}
