package org.viditq.tensorrt.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.pipeline.CachedSampling;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.EncodedPrompts;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.ProgressListener;
import org.viditq.core.pipeline.SamplingListener;
import org.viditq.core.pipeline.StepNetworks;
import org.viditq.core.pipeline.cache.ChangeEstimate;
import org.viditq.core.pipeline.cache.EvaluationCount;
import org.viditq.core.pipeline.cache.StepCaching;
import org.viditq.core.tensor.Tensor;
import org.viditq.onnx.StepCachingGraphs;
import org.viditq.tensorrt.engine.EngineRequest;
import org.viditq.tensorrt.standin.StandInRuntime;
import org.viditq.tensorrt.standin.StandInRuntime.Pace;
import org.viditq.tensorrt.standin.StandInSource;

/** Step caching on engines, with the stand-in for the device. */
@Tag("slow")
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class CachedStepsTest {
  private static final StepCaching CACHING = StepCaching.threshold(0.6, ChangeEstimate.IDENTITY);

  @TempDir private Path folder;

  private static Tensor sample(
      DiffusionPipeline pipeline, Denoiser denoiser, EncodedPrompts prompts, StepCaching caching) {
    GenerationRequest request = Samples.request(pipeline, prompts.count()).caching(caching);
    return pipeline.sample(
        request, prompts, denoiser, SamplingListener.NONE, ProgressListener.NONE);
  }

  /** In full precision, decisions and values are native's up to the order of sums. */
  @ParameterizedTest
  @EnumSource(Pace.class)
  void cachedSamplesAreThoseOfTheNativeBackend(Pace pace) {
    DiffusionPipeline expected = Samples.pixart();
    EncodedPrompts prompts = Samples.encode(expected);
    StandInNetworks networks = new StandInNetworks(folder, pace);
    DiffusionPipeline engines = Samples.pixart().on(networks::open);
    try (Denoiser judge = expected.openDenoiser(UnaryOperator.identity());
        Denoiser judged = engines.openDenoiser(UnaryOperator.identity())) {
      Tensor truth = sample(expected, judge, prompts, CACHING);
      Tensor made = sample(engines, judged, prompts, CACHING);
      assertThat(Samples.distance(made, truth)).isLessThan(1e-3);
      assertThat(judged.evaluations()).isEqualTo(judge.evaluations());
      assertThat(judge.evaluations().skipped()).isBetween(2L, 8L);
      assertThat(sample(engines, judged, prompts, CACHING).data()).isEqualTo(made.data());
      // Without step caching nothing of it is there, and with a threshold of 0 no bit is another.
      Tensor plain = sample(engines, judged, prompts, StepCaching.NONE);
      Tensor zero =
          sample(engines, judged, prompts, StepCaching.threshold(0, ChangeEstimate.IDENTITY));
      assertThat(Samples.distance(zero, plain)).isLessThan(1e-4);
    }
    assertThat(networks.requests())
        .extracting(EngineRequest::name)
        .containsExactly(
            "transformer_full",
            "transformer_probe",
            "transformer_tail",
            "transformer",
            "sampling_step",
            "transformer_full",
            "transformer_probe",
            "transformer_tail");
    assertThat(networks.runtimes())
        .allSatisfy(
            runtime -> {
              assertThat(runtime.isClosed()).isTrue();
              assertThat(runtime.used()).isZero();
            });
  }

  /** Engines stay; contexts, values and recorded work are the sampling's. */
  @Test
  void aSamplingFreesWhatItKept() {
    StandInRuntime device = new StandInRuntime(Pace.LATE, StandInNetworks.PLENTY);
    try (SmallModel model = new SmallModel();
        TensorRtNetworks networks = networks(device);
        Denoiser denoiser =
            networks.denoiser(model.model, model.parameters, () -> {}).orElseThrow()) {
      List<Long> used = new ArrayList<>();
      List<Integer> open = new ArrayList<>();
      long most = 0;
      for (int run = 0; run < 3; run++) {
        try (CachedSampling sampling = denoiser.begin(CACHING, 4, 2)) {
          for (double timestep : SmallModel.TIMES) {
            sampling.predict(FaultsTest.at(SmallModel.input(2), timestep));
            most = Math.max(most, device.used());
          }
        }
        used.add(device.used());
        open.add(device.openThings());
      }
      assertThat(used).containsOnly(used.get(0));
      assertThat(open).containsOnly(open.get(0));
      // Tokens of two samples, 16 each of 48 features or so: an input and a residual each of two
      // pictures, and those that the engines read.
      assertThat(most - used.get(0)).isGreaterThan(6 * 2 * 16 * 16 * Float.BYTES);
    }
    assertThat(device.openThings()).isZero();
    assertThat(device.used()).isZero();
  }

  private TensorRtNetworks networks(StandInRuntime device) {
    return new TensorRtNetworks(
        device,
        new StandInSource(folder),
        StandInNetworks.OPTIONS,
        why -> {
          throw new AssertionError(why);
        });
  }

  /** One work each for probe, full and tail: the first time as calls, then as one launch. */
  @Test
  void stepsAreLaunchesOfGraphs() {
    StandInRuntime device = new StandInRuntime(Pace.LATE, StandInNetworks.PLENTY);
    try (SmallModel model = new SmallModel();
        TensorRtNetworks networks = networks(device);
        Denoiser denoiser =
            networks.denoiser(model.model, model.parameters, () -> {}).orElseThrow()) {
      int steps = 6;
      StepCaching skipping = StepCaching.threshold(1e9, ChangeEstimate.IDENTITY);
      try (CachedSampling sampling = denoiser.begin(skipping, steps, 1)) {
        DenoiserInput input = SmallModel.input(1);
        sampling.prepare(input, ProgressListener.NONE);
        int allocated = device.allocations();
        for (int step = 0; step < steps; step++) {
          sampling.predict(FaultsTest.at(input, 900 - 100 * step));
        }
        assertThat(device.allocations()).isEqualTo(allocated);
      }
      assertThat(denoiser.evaluations()).isEqualTo(new EvaluationCount(steps, steps - 2));
      // All probes but the first, the last full evaluation, and all tails but the first.
      assertThat(device.launches()).isEqualTo(steps - 1 + 1 + steps - 3);
    }
  }

  @Test
  void theTailIsRefusedBeforeAFullEvaluation() {
    StandInRuntime device = new StandInRuntime(Pace.EAGER, StandInNetworks.PLENTY);
    try (SmallModel model = new SmallModel();
        CachingEngines engines =
            new CachingEngines(
                device,
                new StandInSource(folder),
                model.model,
                StepCachingGraphs.record(model.model, model.parameters, StandInNetworks.OPTIONS));
        StepNetworks sampling = engines.sampling(2)) {
      assertThatThrownBy(sampling::tail).isInstanceOf(IllegalStateException.class);
      sampling.probe(0, SmallModel.input(1));
      Tensor full = sampling.full();
      sampling.probe(1, SmallModel.input(1));
      assertThatThrownBy(sampling::tail)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("keeps no residual yet");
      sampling.full();
      assertThat(sampling.probe(0, SmallModel.input(1))).isZero();
      assertThat(Samples.distance(sampling.tail(), full)).isLessThan(1e-5);
    }
    assertThat(device.openThings()).isZero();
  }

  @Test
  void outputsOfPartsOfBlocksAreRefusedBeforeAnythingIsLoaded() {
    StandInRuntime device = new StandInRuntime(Pace.EAGER, StandInNetworks.PLENTY);
    try (SmallModel model = new SmallModel();
        TensorRtNetworks networks = networks(device);
        Denoiser denoiser =
            networks.denoiser(model.model, model.parameters, () -> {}).orElseThrow()) {
      assertThatThrownBy(() -> denoiser.begin(StepCaching.interval(2), 4, 1))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("take auto or threshold:X");
      assertThat(device.used()).isZero();
    }
  }
}
