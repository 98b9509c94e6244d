package org.viditq.tests.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.error.UsageException;
import org.viditq.core.operators.BackendSettings;
import org.viditq.core.operators.Backends;
import org.viditq.core.operators.Precision;
import org.viditq.core.pipeline.Clip;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.EncodedPrompts;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.MemoryEstimate;
import org.viditq.core.pipeline.ProgressListener;
import org.viditq.core.pipeline.RecordingBackend;
import org.viditq.core.pipeline.SamplingListener;
import org.viditq.core.pipeline.WeightForm;
import org.viditq.core.pipeline.cache.ChangeEstimate;
import org.viditq.core.pipeline.cache.EvaluationCount;
import org.viditq.core.pipeline.cache.StepCaching;
import org.viditq.core.pipeline.cache.StepChange;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.apply.ChosenParameters;
import org.viditq.quantize.apply.PipelineCalibration;
import org.viditq.quantize.apply.PlanApplication;
import org.viditq.quantize.apply.QuantizationListener;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.metric.Psnr;
import org.viditq.quantize.plan.BuiltInPlans;
import org.viditq.quantize.plan.QuantizationPlan;

/** Step caching on the bundled picture model. */
class StepCachingPipelineTest {
  private static final PipelineFolder SAMPLE =
      PipelineFolder.open(Path.of("..", "samples", "pixart-mini"));

  private final DiffusionPipeline pipeline =
      DiffusionPipeline.open(SAMPLE, () -> Backends.find("native").open(2));
  private final EncodedPrompts prompts =
      pipeline.encode(
          List.of("a large red circle on a white background", "a small pink star on a black one"),
          "",
          ProgressListener.NONE);

  private static GenerationRequest request(int steps) {
    return GenerationRequest.pictures(List.of(5L, 6L), steps, 4.5, 64, 64);
  }

  private static StepCaching caching(String text) {
    return StepCaching.parse(text, ChangeEstimate.IDENTITY);
  }

  private Tensor sample(GenerationRequest request, EncodedPrompts some, String caching) {
    try (Denoiser denoiser = pipeline.openDenoiser(UnaryOperator.identity())) {
      return pipeline.sample(
          request.caching(caching(caching)),
          some,
          denoiser,
          SamplingListener.NONE,
          ProgressListener.NONE);
    }
  }

  @Test
  void aPictureOfAGuidedBatchIsTheSameAlone() {
    for (String caching : List.of("threshold:0.2", "interval:2")) {
      float[] both = sample(request(6), prompts, caching).data();
      float[] alone =
          sample(request(6).withSeeds(List.of(6L)), prompts.select(List.of(1)), caching).data();
      assertThat(Arrays.copyOfRange(both, alone.length, both.length)).as(caching).isEqualTo(alone);
    }
  }

  @Test
  void offIsAsBeforeAndEvaluationsAreCounted() {
    try (Denoiser denoiser = pipeline.openDenoiser(UnaryOperator.identity())) {
      Tensor plain =
          pipeline.sample(
              request(4), prompts, denoiser, SamplingListener.NONE, ProgressListener.NONE);
      assertThat(denoiser.evaluations()).isEqualTo(EvaluationCount.NONE);
      Tensor zero =
          pipeline.sample(
              request(4).caching(caching("threshold:0")),
              prompts,
              denoiser,
              SamplingListener.NONE,
              ProgressListener.NONE);
      assertThat(zero.data()).isEqualTo(plain.data());
      assertThat(denoiser.evaluations()).isEqualTo(new EvaluationCount(8, 0));
    }
  }

  /** Seconds of a cancelled request are gone, its memory is not. */
  @Test
  void aCancelledSamplingEndsWithItsCache() {
    try (Denoiser denoiser = pipeline.openDenoiser(UnaryOperator.identity())) {
      GenerationRequest cached = request(4).caching(caching("threshold:0.2"));
      ProgressListener cancelling =
          (stage, done, total) -> {
            if (done == 2) {
              throw new IllegalStateException("cancelled");
            }
          };
      assertThatThrownBy(
              () -> pipeline.sample(cached, prompts, denoiser, SamplingListener.NONE, cancelling))
          .hasMessage("cancelled");
      assertThat(denoiser.evaluations().asked()).isEqualTo(4);
      Tensor whole =
          pipeline.sample(cached, prompts, denoiser, SamplingListener.NONE, ProgressListener.NONE);
      assertThat(whole.data()).isEqualTo(sample(request(4), prompts, "threshold:0.2").data());
    }
  }

  @Test
  void changesOfAllStepsAreMeasured() {
    List<StepChange> changes = pipeline.stepChanges(request(4), prompts, ProgressListener.NONE);
    assertThat(changes).hasSize(2 * 3);
    assertThat(changes).allSatisfy(c -> assertThat(c.input()).isBetween(1e-4, 2.0));
    assertThat(changes).allSatisfy(c -> assertThat(c.residual()).isBetween(1e-4, 2.0));
  }

  /** 8 blocks of 3 parts; 64 tokens of 192 channels in float32, with guidance twice. */
  @Test
  void memoryIsCounted() {
    long hidden = 64 * 192 * 4 * 2;
    MemoryEstimate off = estimate("none");
    MemoryEstimate interval = estimate("interval:2");
    assertThat(interval.denoiser() - off.denoiser()).isEqualTo(2 * 24 * hidden);
    assertThat(interval.pictures()).isEqualTo(off.pictures());
    assertThat(estimate("cross:0.5").denoiser() - off.denoiser()).isEqualTo(2 * 8 * hidden);
    assertThat(estimate("attention:2").denoiser() - off.denoiser()).isEqualTo(2 * 16 * hidden);
    // One picture at a time, but for what each keeps.
    MemoryEstimate threshold = estimate("threshold:0.1");
    assertThat(threshold.denoiser() - off.denoiser()).isEqualTo((long) ((2 * 2 - 6.5) * hidden));
    assertThat(threshold.pictures() - off.pictures()).isEqualTo(3 * hidden);
  }

  private MemoryEstimate estimate(String caching) {
    return MemoryEstimate.of(
        pipeline, request(4).caching(caching(caching)), WeightForm.of(Precision.FP32), 2, 2);
  }

  private DiffusionPipeline whole() {
    RecordingBackend recording = (RecordingBackend) Backends.find("onnxruntime");
    return pipeline.on(() -> recording.networks(BackendSettings.threads(2)));
  }

  @Test
  void networksThatRunAsAWholeHaveNoPartsOfBlocks() {
    DiffusionPipeline whole = whole();
    for (String kind : List.of("interval:2", "threshold:0.1,cross:0.5")) {
      assertThatThrownBy(() -> whole.requireFit(request(4).caching(caching(kind))))
          .isInstanceOf(UsageException.class)
          .hasMessageMatching(
              "Step caching \\(--cache .*\\) keeps outputs of the blocks' parts, which a backend"
                  + " that runs networks as a whole does not have; take auto or threshold:X, or"
                  + " --backend native\\.");
    }
    whole.requireFit(request(4));
    whole.requireFit(request(4).caching(caching("threshold:0.1")));
  }

  /** Weights in two timestep ranges, of which steps on both sides are skipped. */
  @ParameterizedTest
  @ValueSource(strings = {"full precision", "w8a8", "w4a8"})
  void wholeNetworksSkipAsOperatorsDo(String plan) {
    GenerationRequest uncached = request(12);
    try (ChosenParameters chosen = chosen(plan);
        Denoiser here = pipeline.openDenoiser(chosen.parameters());
        Denoiser there = whole().openDenoiser(chosen.parameters())) {
      Tensor plain = sample(there, uncached);
      assertThat(sample(there, uncached.caching(caching("threshold:0"))).data())
          .isEqualTo(plain.data());
      assertThat(there.evaluations()).isEqualTo(new EvaluationCount(24, 0));

      GenerationRequest cached = uncached.caching(caching("threshold:0.4"));
      Tensor expected = sample(here, cached);
      Tensor made = sample(there, cached);
      EvaluationCount skipped = there.evaluations().minus(new EvaluationCount(24, 0));
      assertThat(skipped.asked()).isEqualTo(24);
      assertThat(skipped.skipped())
          .isBetween(here.evaluations().skipped() - 1, here.evaluations().skipped() + 1)
          .isBetween(4L, 20L);
      List<Clip> clips = pipeline.decode(made, 1, ProgressListener.NONE);
      List<Clip> expectedClips = pipeline.decode(expected, 1, ProgressListener.NONE);
      for (int i = 0; i < clips.size(); i++) {
        assertThat(Psnr.of(expectedClips.get(i).pixels(), clips.get(i).pixels(), 1))
            .isGreaterThan(likeness(plan));
      }

      // The same once more, and with the plain graph in between; a picture is the same alone.
      assertThat(sample(there, cached).data()).isEqualTo(made.data());
      assertThat(sample(there, uncached).data()).isEqualTo(plain.data());
      float[] alone =
          sample(there, cached.withSeeds(List.of(6L)), prompts.select(List.of(1))).data();
      assertThat(Arrays.copyOfRange(made.data(), alone.length, made.size())).isEqualTo(alone);
    }
  }

  /** Guidance makes much of codes that are rounded the other way; see docs/onnxruntime.md. */
  private static double likeness(String plan) {
    return switch (plan) {
      case "w8a8" -> 30;
      case "w4a8" -> 15;
      default -> 60;
    };
  }

  private Tensor sample(Denoiser denoiser, GenerationRequest request) {
    return sample(denoiser, request, prompts);
  }

  private Tensor sample(Denoiser denoiser, GenerationRequest request, EncodedPrompts some) {
    return pipeline.sample(request, some, denoiser, SamplingListener.NONE, ProgressListener.NONE);
  }

  private ChosenParameters chosen(String name) {
    if (name.equals("full precision")) {
      return ChosenParameters.fullPrecision();
    }
    QuantizationPlan plan = BuiltInPlans.get(name);
    Optional<CalibrationStatistics> statistics =
        plan.needsCalibration()
            ? Optional.of(
                new PipelineCalibration(pipeline, () -> Backends.find("native").open(2))
                    .run(request(4), prompts, 1, ProgressListener.NONE))
            : Optional.empty();
    return ChosenParameters.quantized(
        name,
        SAMPLE.checkpoint(Component.TRANSFORMER),
        weights ->
            new PlanApplication(
                    SAMPLE, () -> Backends.find("native").open(2), QuantizationListener.NONE)
                .apply(plan, weights, statistics));
  }

  /** What a cancelled sampling kept is freed with it, and another one begins anew. */
  @Test
  void aCancelledSamplingOfAWholeNetworkEndsWithItsCache() {
    try (Denoiser denoiser = whole().openDenoiser(UnaryOperator.identity())) {
      GenerationRequest cached = request(4).caching(caching("threshold:0.2"));
      Tensor whole = sample(denoiser, cached);
      ProgressListener cancelling =
          (stage, done, total) -> {
            if (done == 2) {
              throw new IllegalStateException("cancelled");
            }
          };
      assertThatThrownBy(
              () -> pipeline.sample(cached, prompts, denoiser, SamplingListener.NONE, cancelling))
          .hasMessage("cancelled");
      assertThat(denoiser.evaluations().asked()).isEqualTo(8 + 4);
      assertThat(sample(denoiser, cached).data()).isEqualTo(whole.data());
    }
  }

  @Test
  @Tag("slow")
  void qualityFallsWithTheThreshold() {
    List<Clip> reference = pictures("none");
    double last = Double.POSITIVE_INFINITY;
    for (String threshold : List.of("0.05", "0.1", "0.2", "0.4")) {
      List<Clip> cached = pictures("threshold:" + threshold);
      double mean = 0;
      for (int i = 0; i < cached.size(); i++) {
        mean += Psnr.of(reference.get(i).pixels(), cached.get(i).pixels(), 1) / cached.size();
      }
      assertThat(mean).as("threshold %s", threshold).isLessThan(last);
      last = mean;
    }
    assertThat(last).isLessThan(30);
  }

  private List<Clip> pictures(String caching) {
    return pipeline.decode(sample(request(20), prompts, caching), 1, ProgressListener.NONE);
  }
}
