package org.viditq.tensorrt.run;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.model.Parameters;
import org.viditq.core.operators.Backends;
import org.viditq.core.pipeline.Clip;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.EncodedPrompts;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.ProgressListener;
import org.viditq.core.pipeline.SamplingListener;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.apply.ChosenParameters;
import org.viditq.quantize.apply.PipelineCalibration;
import org.viditq.quantize.apply.PlanApplication;
import org.viditq.quantize.apply.QuantizationListener;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.plan.BuiltInPlans;
import org.viditq.quantize.plan.QuantizationPlan;

/** The trained sample of pictures on the backend native, which engines are held against. */
final class Samples {
  static final List<String> PROMPTS =
      List.of("a red ring on a gray background", "a blue square on a white background");
  static final int STEPS = 6;

  private static final Path ROOT = root();
  private static CalibrationStatistics statistics;

  private Samples() {}

  private static Path root() {
    Path folder = Path.of(System.getProperty("viditq.home", "../..")).toAbsolutePath();
    while (!Files.isDirectory(folder.resolve("samples/pixart-mini"))) {
      folder = folder.getParent();
    }
    return folder;
  }

  static DiffusionPipeline pixart() {
    return DiffusionPipeline.open(
        PipelineFolder.open(ROOT.resolve("samples/pixart-mini")),
        () -> Backends.find("native").open(2));
  }

  static DiffusionPipeline pixart(String scheduler) {
    return DiffusionPipeline.open(
        PipelineFolder.open(ROOT.resolve("samples/pixart-mini")),
        () -> Backends.find("native").open(2),
        Optional.of(scheduler));
  }

  static GenerationRequest request(DiffusionPipeline pipeline, int pictures) {
    return GenerationRequest.pictures(
        List.of(11L, 12L, 13L, 14L).subList(0, pictures),
        STEPS,
        4.5,
        pipeline.defaultHeight(),
        pipeline.defaultWidth());
  }

  static EncodedPrompts encode(DiffusionPipeline pipeline) {
    return pipeline.encode(PROMPTS, "", ProgressListener.NONE);
  }

  static Tensor sample(
      DiffusionPipeline pipeline,
      EncodedPrompts prompts,
      UnaryOperator<Parameters> parameters,
      int pictures) {
    try (Denoiser denoiser = pipeline.openDenoiser(parameters)) {
      return pipeline.sample(
          request(pipeline, pictures),
          prompts.select(List.of(0, 1, 0, 1).subList(0, pictures)),
          denoiser,
          SamplingListener.NONE,
          ProgressListener.NONE);
    }
  }

  static Clip decode(DiffusionPipeline pipeline, Tensor latents) {
    return pipeline.decode(latents, 8, ProgressListener.NONE).get(0);
  }

  /** The transformer by a plan that comes with viditq. */
  static ChosenParameters quantized(DiffusionPipeline pipeline, String name) {
    QuantizationPlan plan = BuiltInPlans.get(name);
    return ChosenParameters.quantized(
        name,
        pipeline.folder().checkpoint(Component.TRANSFORMER),
        (Checkpoint weights) ->
            new PlanApplication(
                    pipeline.folder(),
                    () -> Backends.find("native").open(2),
                    QuantizationListener.NONE)
                .apply(plan, weights, Optional.of(statistics())));
  }

  private static synchronized CalibrationStatistics statistics() {
    if (statistics == null) {
      DiffusionPipeline pipeline = pixart();
      statistics =
          new PipelineCalibration(pipeline, () -> Backends.find("native").open(2))
              .run(request(pipeline, 2), encode(pipeline), 1, ProgressListener.NONE);
    }
    return statistics;
  }
}
