package org.viditq.tests.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.error.BackendException;
import org.viditq.core.operators.Backend;
import org.viditq.core.operators.BackendSettings;
import org.viditq.core.operators.Backends;
import org.viditq.core.operators.Precision;
import org.viditq.core.pipeline.Clip;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.EncodedPrompts;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.ProgressListener;
import org.viditq.core.pipeline.RecordingBackend;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.apply.PipelineCalibration;
import org.viditq.quantize.apply.PlanApplication;
import org.viditq.quantize.apply.QuantizationListener;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.metric.Psnr;
import org.viditq.quantize.plan.BuiltInPlans;
import org.viditq.quantize.plan.QuantizationPlan;
import org.viditq.quantize.weight.QuantizedLayers;

/**
 * The backend onnxruntime: the samples' pictures and clips, made from the graph that a TensorRT
 * engine is made of, with our operators in ONNX Runtime, are those of the native backend.
 */
class OnnxRuntimePipelineTest {
  private static final int STEPS = 4;
  private static final BackendSettings SETTINGS = BackendSettings.threads(2);

  /**
   * Without guidance, which makes five times as much of what codes that are rounded otherwise
   * change: with it pictures of quantized models are as far from those of the native backend as
   * these are from the reference's, 35 to 50 dB.
   */
  private static final double GUIDANCE = 1;

  private static final double DECIBEL = 50;

  @TempDir Path folder;

  private final Backend nativeBackend = Backends.find("native");
  private final RecordingBackend onnxRuntime = (RecordingBackend) Backends.find("onnxruntime");

  @ParameterizedTest
  @CsvSource({"pixart-mini, w8a8", "pixart-mini, w4a8", "stdit-mini, w8a8", "stdit-mini, w4a8"})
  @Tag("slow")
  void picturesAreThoseOfTheNativeBackend(String sample, String name) {
    PipelineFolder pipelineFolder = PipelineFolder.open(Path.of("..", "samples", sample));
    QuantizationPlan plan = BuiltInPlans.get(name);
    DiffusionPipeline pipeline =
        DiffusionPipeline.open(pipelineFolder, () -> nativeBackend.open(SETTINGS));
    BackendSettings settings =
        new BackendSettings(2, Precision.FP32, 0, Optional.of(folder), Optional.empty());
    DiffusionPipeline whole = pipeline.on(() -> onnxRuntime.networks(settings));
    EncodedPrompts prompts =
        pipeline.encode(
            List.of("a red circle on a gray background", "a blue square"),
            "",
            ProgressListener.NONE);
    GenerationRequest request = request(pipeline);
    Optional<CalibrationStatistics> statistics =
        plan.needsCalibration()
            ? Optional.of(
                new PipelineCalibration(pipeline, () -> nativeBackend.open(SETTINGS))
                    .run(request, prompts, 1, ProgressListener.NONE))
            : Optional.empty();
    try (Checkpoint weights = pipelineFolder.checkpoint(Component.TRANSFORMER)) {
      QuantizedLayers layers =
          new PlanApplication(
                  pipelineFolder, () -> nativeBackend.open(SETTINGS), QuantizationListener.NONE)
              .apply(plan, weights, statistics);
      List<Clip> expected =
          pipeline.generate(request, prompts, layers::over, ProgressListener.NONE);
      List<Clip> clips = whole.generate(request, prompts, layers::over, ProgressListener.NONE);
      assertThat(clips).hasSameSizeAs(expected);
      for (int i = 0; i < clips.size(); i++) {
        Tensor pixels = expected.get(i).pixels();
        assertThat(Psnr.of(pixels, clips.get(i).pixels(), 1)).isGreaterThanOrEqualTo(DECIBEL);
        assertThat(deviation(pixels)).as("contrast").isGreaterThan(0.02);
      }
    }
    assertThat(filesLeft()).isEmpty();
  }

  private static GenerationRequest request(DiffusionPipeline pipeline) {
    return new GenerationRequest(
        List.of(3L, 4L),
        STEPS,
        GUIDANCE,
        pipeline.defaultFrames(),
        pipeline.defaultHeight(),
        pipeline.defaultWidth(),
        8);
  }

  private static double deviation(Tensor pixels) {
    double sum = 0;
    double squares = 0;
    for (float value : pixels.data()) {
      sum += value;
      squares += value * (double) value;
    }
    double mean = sum / pixels.size();
    return Math.sqrt(squares / pixels.size() - mean * mean);
  }

  /** Graphs are gone when ONNX Runtime has mapped them. */
  private List<Path> filesLeft() {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void whoAsksForAutoDoesNotGetIt() {
    Map<String, Integer> priorities = new HashMap<>();
    Backends.all().forEach(backend -> priorities.put(backend.name(), backend.priority()));
    assertThat(priorities.get("onnxruntime")).isLessThan(priorities.get("reference"));
    assertThat(onnxRuntime.computesAtOnce()).isFalse();
    assertThat(onnxRuntime.alternative()).contains("native");
  }

  @Test
  void anotherPrecisionIsRefused() {
    assertThatThrownBy(() -> onnxRuntime.networks(SETTINGS.withPrecision(Precision.BF16)))
        .isInstanceOf(BackendException.class)
        .hasMessageContaining("Backend onnxruntime computes in fp32 only");
  }
}
