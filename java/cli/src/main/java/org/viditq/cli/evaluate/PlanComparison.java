package org.viditq.cli.evaluate;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.viditq.cli.console.Console;
import org.viditq.cli.console.StageProgress;
import org.viditq.cli.picture.PictureScores;
import org.viditq.cli.quantize.QuantizationProgress;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.model.Parameters;
import org.viditq.core.operators.Operators;
import org.viditq.core.pipeline.Clip;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.EncodedPrompts;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.quantize.apply.PlanApplication;
import org.viditq.quantize.apply.StoredSize;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.plan.QuantizationPlan;
import org.viditq.quantize.weight.QuantizedLayers;

/** Makes the same pictures in full precision, once, and then with one plan after the other. */
public final class PlanComparison {
  private final PipelineFolder folder;
  private final DiffusionPipeline pipeline;
  private final Supplier<Operators<?>> backend;
  private final Console console;
  private final GenerationRequest request;
  private final EncodedPrompts prompts;
  private final TimedPictures reference;

  public PlanComparison(
      PipelineFolder folder,
      DiffusionPipeline pipeline,
      Supplier<Operators<?>> backend,
      GenerationRequest request,
      EncodedPrompts prompts,
      Console console) {
    this.folder = folder;
    this.pipeline = pipeline;
    this.backend = backend;
    this.request = request;
    this.prompts = prompts;
    this.console = console;
    this.reference = make(UnaryOperator.identity(), "full precision");
  }

  /** The full-precision pictures. */
  public TimedPictures reference() {
    return reference;
  }

  /** What the transformer takes in full precision. */
  public StoredSize originalSize() {
    try (Checkpoint weights = folder.checkpoint(Component.TRANSFORMER)) {
      return StoredSize.of(weights, new QuantizedLayers(Map.of()));
    }
  }

  /**
   * @param statistics of the transformer; only plans that need them take them
   */
  public PlanScore score(QuantizationPlan plan, Optional<CalibrationStatistics> statistics) {
    try (Checkpoint weights = folder.checkpoint(Component.TRANSFORMER);
        QuantizationProgress progress = new QuantizationProgress(console)) {
      QuantizedLayers layers =
          new PlanApplication(folder, backend, progress)
              .apply(plan, weights, plan.needsCalibration() ? statistics : Optional.empty());
      TimedPictures run = make(layers::over, plan.name());
      return new PlanScore(
          plan.name(),
          StoredSize.of(weights, layers),
          run,
          PictureScores.of(reference.clips(), run.clips()));
    }
  }

  private TimedPictures make(UnaryOperator<Parameters> parameters, String title) {
    try (StageProgress progress = new StageProgress(console, title)) {
      long start = System.nanoTime();
      List<Clip> clips = pipeline.generate(request, prompts, parameters, progress);
      return new TimedPictures(clips, (System.nanoTime() - start) * 1e-9);
    }
  }
}
