package org.viditq.tests.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.CheckpointParameters;
import org.viditq.core.model.InputNames;
import org.viditq.core.model.QuantizedParameters;
import org.viditq.core.operators.Backend;
import org.viditq.core.operators.BackendSettings;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.pipeline.Clip;
import org.viditq.core.pipeline.Conditions;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.EncodedPrompts;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.ProgressListener;
import org.viditq.core.pipeline.SamplingListener;
import org.viditq.core.pipeline.StepTimes;
import org.viditq.core.quant.SmallScaleRule;
import org.viditq.core.tensor.Tensor;
import org.viditq.cpp.NativeBackend;
import org.viditq.quantize.calibrate.CalibrationRecorder;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.calibrate.ObservingOperators;
import org.viditq.quantize.calibrate.StaticGridCalibration;
import org.viditq.quantize.metric.ErrorStatistics;
import org.viditq.quantize.plan.BuiltInPlans;
import org.viditq.quantize.plan.PlanReader;
import org.viditq.quantize.plan.QuantizationPlan;
import org.viditq.quantize.weight.QuantizedLayers;
import org.viditq.quantize.weight.Quantizer;
import org.viditq.reference.ReferenceBackend;

/** A small STDiT from prompt to clip, in full precision and quantized. */
class StditPipelineTest {
  private static final String CIRCLE = "a large red circle on a white background";
  private static final String STAR = "a small pink star";
  private static final int FRAMES = 3;
  private static final int HEIGHT = 16;
  private static final int WIDTH = 24;

  @TempDir Path root;

  private PipelineFolder folder;

  @BeforeEach
  void write() {
    folder = PipelineFolder.open(FixturePipelines.stdit(root));
  }

  private DiffusionPipeline pipeline(Backend backend) {
    return DiffusionPipeline.open(folder, () -> backend.open(BackendSettings.threads(2)));
  }

  private static GenerationRequest request(Long... seeds) {
    return new GenerationRequest(
        List.of(seeds), 3, 7, FRAMES, HEIGHT, WIDTH, 8, StepTimes.OF_SCHEDULER);
  }

  private static EncodedPrompts encode(DiffusionPipeline pipeline, String... prompts) {
    return pipeline.encode(List.of(prompts), "", ProgressListener.NONE);
  }

  private static Tensor sample(
      DiffusionPipeline pipeline, Denoiser denoiser, EncodedPrompts prompts, Long... seeds) {
    return pipeline.sample(
        request(seeds), prompts, denoiser, SamplingListener.NONE, ProgressListener.NONE);
  }

  @Test
  void publishedDefaultsAreThoseOfTheModel() {
    DiffusionPipeline pipeline = pipeline(new ReferenceBackend());
    assertThat(pipeline.defaultFrames()).isEqualTo(4);
    assertThat(pipeline.defaultHeight()).isEqualTo(32);
    assertThat(pipeline.defaultWidth()).isEqualTo(24);
    assertThat(pipeline.model().samplingDefaults().steps()).isEqualTo(100);
    assertThat(pipeline.model().samplingDefaults().guidanceScale()).isEqualTo(7);
    assertThat(pipeline.model().samplingDefaults().framesPerSecond()).isEqualTo(8);
  }

  @Test
  void promptsBecomeClips() {
    DiffusionPipeline pipeline = pipeline(new NativeBackend());
    List<Clip> clips =
        pipeline.generate(
            request(1L, 2L),
            encode(pipeline, CIRCLE, STAR),
            UnaryOperator.identity(),
            ProgressListener.NONE);
    assertThat(clips).hasSize(2);
    for (Clip clip : clips) {
      assertThat(List.of(clip.frames(), clip.height(), clip.width()))
          .containsExactly(FRAMES, HEIGHT, WIDTH);
      assertThat(clip.framesPerSecond()).isEqualTo(8);
      assertThat(clip.pixels().isFinite()).isTrue();
      float[] pixels = clip.pixels().data();
      assertThat(Arrays.copyOf(pixels, pixels.length / FRAMES))
          .isNotEqualTo(
              Arrays.copyOfRange(pixels, pixels.length / FRAMES, 2 * pixels.length / FRAMES));
    }
  }

  /** Also where the other prompt is longer: each goes with as much of the null caption. */
  @Test
  void aClipIsTheSameAloneAndInABatch() {
    DiffusionPipeline pipeline = pipeline(new ReferenceBackend());
    try (Denoiser denoiser = pipeline.openDenoiser(UnaryOperator.identity())) {
      float[] batch = sample(pipeline, denoiser, encode(pipeline, CIRCLE, STAR), 3L, 8L).data();
      float[] alone = sample(pipeline, denoiser, encode(pipeline, STAR), 8L).data();
      assertThat(Arrays.copyOfRange(batch, alone.length, batch.length)).isEqualTo(alone);
    }
  }

  @Test
  void guidanceLeadsAwayFromTheLearnedNullCaption() {
    EncodedPrompts encoded = encode(pipeline(new ReferenceBackend()), CIRCLE, STAR);
    Conditions negative = encoded.negative().orElseThrow();
    try (Checkpoint weights = folder.checkpoint(Component.TRANSFORMER)) {
      Tensor learned = weights.get("y_embedder.y_embedding").toTensor();
      assertThat(negative.get(InputNames.TEXT).shape().toArray()).containsExactly(1, 6, 128);
      assertThat(negative.get(InputNames.TEXT).data()).isEqualTo(learned.data());
      assertThat(negative.get(InputNames.MASK).data()).containsOnly(1);
    }
  }

  /** As Open-Sora, which has the mask of the prompts only. */
  @Test
  void theNullCaptionReachesAsFarAsThePrompt() {
    DiffusionPipeline pipeline = pipeline(new ReferenceBackend());
    EncodedPrompts encoded = encode(pipeline, "red");
    CalibrationRecorder seen = CalibrationRecorder.everySecondStep();
    try (Denoiser denoiser = pipeline.openDenoiser(UnaryOperator.identity())) {
      pipeline.sample(request(1L), encoded, denoiser, seen, ProgressListener.NONE);
    }
    float[] prompt = encoded.positive().get(InputNames.MASK).data();
    assertThat(prompt).contains(0);
    float[] both =
        seen.statistics("tiny").inputs().get(0).find(InputNames.MASK).orElseThrow().data();
    assertThat(Arrays.copyOf(both, prompt.length)).isEqualTo(prompt);
    assertThat(Arrays.copyOfRange(both, prompt.length, both.length)).isEqualTo(prompt);
  }

  @Test
  void negativePromptsAreEncoded() {
    DiffusionPipeline pipeline = pipeline(new ReferenceBackend());
    EncodedPrompts encoded = pipeline.encode(List.of(CIRCLE), STAR, ProgressListener.NONE);
    EncodedPrompts star = encode(pipeline, STAR);
    for (String name : List.of(InputNames.TEXT, InputNames.MASK)) {
      assertThat(encoded.negative().orElseThrow().get(name).data())
          .isEqualTo(star.positive().get(name).data());
    }
  }

  @Test
  void sizesThatCannotBeCutAreRefusedBeforeAnythingIsComputed() {
    DiffusionPipeline pipeline = pipeline(new ReferenceBackend());
    assertThatThrownBy(
            () ->
                pipeline.requireFit(
                    new GenerationRequest(
                        List.of(1L), 3, 7, FRAMES, HEIGHT, 20, 8, StepTimes.OF_SCHEDULER)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("width of 20");
  }

  @ParameterizedTest
  @CsvSource({"w8a8, 25", "w4a8-dynamic, 10", "w4a8-opensora, 10", "w8a8-naive, 2"})
  void quantizedClipsAreLikeThoseInFullPrecision(String plan, double sqnr) {
    DiffusionPipeline pipeline = pipeline(new NativeBackend());
    EncodedPrompts prompts = encode(pipeline, CIRCLE, STAR);
    QuantizationPlan chosen = BuiltInPlans.get(plan);
    try (Checkpoint weights = folder.checkpoint(Component.TRANSFORMER)) {
      CalibrationStatistics statistics = calibrate(pipeline, prompts);
      QuantizedLayers layers = quantize(pipeline, chosen, weights, Optional.of(statistics));
      if (chosen.activation().mode().isStatic()) {
        layers = new QuantizedLayers(calibrated(pipeline, chosen, layers, weights, statistics));
      }
      requireClose(pipeline, layers, prompts, sqnr);
    }
  }

  /** Texts of other lengths than in calibration; their padding takes part then. */
  @Test
  void staticGridsPerTokenServeTextsOfAllLengths() throws IOException {
    DiffusionPipeline pipeline = pipeline(new NativeBackend());
    Path file = root.resolve("static-token.yaml");
    Files.writeString(file, "weight: {bits: 8}\nactivation: {mode: static_token, bits: 8}\n");
    QuantizationPlan plan = new PlanReader().read(file);
    try (Checkpoint weights = folder.checkpoint(Component.TRANSFORMER)) {
      CalibrationStatistics statistics = calibrate(pipeline, encode(pipeline, CIRCLE, STAR));
      QuantizedLayers layers = quantize(pipeline, plan, weights, Optional.of(statistics));
      QuantizedLayers calibrated =
          new QuantizedLayers(calibrated(pipeline, plan, layers, weights, statistics));
      try (Denoiser denoiser = pipeline.openDenoiser(calibrated::over)) {
        Tensor latents = sample(pipeline, denoiser, encode(pipeline, "a ring", "red"), 1L, 2L);
        assertThat(latents.isFinite()).isTrue();
      }
    }
  }

  private static CalibrationStatistics calibrate(
      DiffusionPipeline pipeline, EncodedPrompts prompts) {
    CalibrationRecorder recorder = CalibrationRecorder.everySecondStep();
    try (Operators<?> operators = new NativeBackend().open(BackendSettings.threads(2));
        Denoiser denoiser =
            pipeline.openDenoiser(
                UnaryOperator.identity(), new ObservingOperators<>(operators, recorder))) {
      pipeline.sample(request(5L, 6L), prompts, denoiser, recorder, ProgressListener.NONE);
    }
    return recorder.statistics("tiny");
  }

  private static QuantizedLayers quantize(
      DiffusionPipeline pipeline,
      QuantizationPlan plan,
      Checkpoint weights,
      Optional<CalibrationStatistics> statistics) {
    return new Quantizer(plan)
        .quantize(pipeline.model(), weights, statistics, (done, total, layer) -> {});
  }

  private static Map<String, QuantizedLinearParameters> calibrated(
      DiffusionPipeline pipeline,
      QuantizationPlan plan,
      QuantizedLayers layers,
      Checkpoint weights,
      CalibrationStatistics statistics) {
    return new StaticGridCalibration(plan, SmallScaleRule.PER_GROUP)
        .run(
            layers.layers(),
            new CheckpointParameters(weights),
            statistics.inputs(),
            () -> new NativeBackend().open(BackendSettings.threads(2)),
            pipeline.model());
  }

  private static void requireClose(
      DiffusionPipeline pipeline, QuantizedLayers layers, EncodedPrompts prompts, double sqnr) {
    Tensor expected;
    try (Denoiser denoiser = pipeline.openDenoiser(UnaryOperator.identity())) {
      expected = sample(pipeline, denoiser, prompts, 1L, 2L);
    }
    try (Denoiser denoiser =
        pipeline.openDenoiser(base -> new QuantizedParameters(base, layers.layers()))) {
      Tensor got = sample(pipeline, denoiser, prompts, 1L, 2L);
      assertThat(got.data()).isNotEqualTo(expected.data());
      assertThat(ErrorStatistics.of(expected, got).sqnrDecibel()).isGreaterThan(sqnr);
    }
  }
}
