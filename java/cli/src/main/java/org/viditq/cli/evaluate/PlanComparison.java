package org.viditq.cli.evaluate;

import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.viditq.cli.console.Console;
import org.viditq.cli.picture.PictureScores;
import org.viditq.cli.quantize.QuantizationProgress;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.operators.Operators;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.EncodedPrompts;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.resume.PartKey;
import org.viditq.core.resume.PartialResults;
import org.viditq.quantize.apply.PlanApplication;
import org.viditq.quantize.apply.StoredSize;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.plan.ActivationMode;
import org.viditq.quantize.plan.QuantizationPlan;
import org.viditq.quantize.weight.QuantizedLayers;

/** Makes the same pictures in full precision, once, and then with one plan after the other. */
public final class PlanComparison {
  private final PipelineFolder folder;
  private final Supplier<Operators<?>> backend;
  private final Console console;
  private final PictureMaker maker;
  private final String statisticsStamp;
  private final TimedPictures reference;

  public PlanComparison(
      PipelineFolder folder,
      DiffusionPipeline pipeline,
      Supplier<Operators<?>> backend,
      GenerationRequest request,
      EncodedPrompts prompts,
      Console console) {
    this(
        folder,
        backend,
        new PictureMaker(
            pipeline, request, prompts, PartialResults.none(), new PartKey(Map.of()), console),
        "",
        console);
  }

  /**
   * @param statisticsStamp tells the file of the statistics from others
   */
  PlanComparison(
      PipelineFolder folder,
      Supplier<Operators<?>> backend,
      PictureMaker maker,
      String statisticsStamp,
      Console console) {
    this.folder = folder;
    this.backend = backend;
    this.maker = maker;
    this.statisticsStamp = statisticsStamp;
    this.console = console;
    this.reference =
        maker.make(UnaryOperator.identity(), "full precision", "full precision", false);
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
      TimedPictures run = maker.make(layers::over, plan.name(), weights(plan), sharesGrids(plan));
      return new PlanScore(
          plan,
          StoredSize.of(weights, layers),
          run,
          PictureScores.of(reference.clips(), run.clips()));
    }
  }

  /** What decides about the quantized weights beside the model. */
  private String weights(QuantizationPlan plan) {
    return PlanText.of(plan) + (plan.needsCalibration() ? " " + statisticsStamp : "");
  }

  /** Whether a picture depends on the others of its batch. */
  static boolean sharesGrids(QuantizationPlan plan) {
    return plan.activation().mode() == ActivationMode.DYNAMIC_TOKEN_SHARED;
  }
}
