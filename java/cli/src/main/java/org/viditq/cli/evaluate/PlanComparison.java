package org.viditq.cli.evaluate;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.viditq.cli.console.Console;
import org.viditq.cli.picture.PictureScores;
import org.viditq.cli.quantize.QuantizationProgress;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.operators.Operators;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.EncodedPrompts;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.cache.StepCaching;
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
  /** What decides about the weights of full precision beside the model. */
  static final String FULL_PRECISION = "full precision";

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
        maker.make(
            UnaryOperator.identity(), FULL_PRECISION, FULL_PRECISION, false, StepCaching.NONE);
  }

  /** The full-precision pictures. */
  public TimedPictures reference() {
    return reference;
  }

  /** What is quantized. */
  DenoiserModel model() {
    return maker.model();
  }

  /** What the transformer takes in full precision. */
  public StoredSize originalSize() {
    try (Checkpoint weights = folder.checkpoint(Component.TRANSFORMER)) {
      return StoredSize.of(weights, new QuantizedLayers(Map.of()));
    }
  }

  /**
   * Full precision with each caching.
   *
   * @param each gets them in order, one at a time in memory
   */
  public void cachedReference(List<StepCaching> cachings, Consumer<PlanScore> each) {
    for (StepCaching caching : cachings) {
      String title = PlanScore.name(Optional.empty(), caching);
      TimedPictures run =
          maker.make(UnaryOperator.identity(), title, FULL_PRECISION, false, caching);
      each.accept(score(Optional.empty(), originalSize(), run, caching));
    }
  }

  /**
   * A plan, applied once, with each caching.
   *
   * @param statistics of the transformer; only plans that need them take them
   * @param each gets them in order, one at a time in memory
   */
  public void score(
      QuantizationPlan plan,
      Optional<CalibrationStatistics> statistics,
      List<StepCaching> cachings,
      Consumer<PlanScore> each) {
    try (Checkpoint weights = folder.checkpoint(Component.TRANSFORMER);
        QuantizationProgress progress = new QuantizationProgress(console)) {
      QuantizedLayers layers =
          new PlanApplication(folder, backend, progress)
              .apply(plan, weights, plan.needsCalibration() ? statistics : Optional.empty());
      StoredSize size = StoredSize.of(weights, layers);
      for (StepCaching caching : cachings) {
        String title = PlanScore.name(Optional.of(plan), caching);
        TimedPictures run =
            maker.make(
                layers::over, title, weights(plan, statisticsStamp), sharesGrids(plan), caching);
        each.accept(score(Optional.of(plan), size, run, caching));
      }
    }
  }

  private PlanScore score(
      Optional<QuantizationPlan> plan, StoredSize size, TimedPictures run, StepCaching caching) {
    return new PlanScore(
        plan, size, run, PictureScores.of(reference.clips(), run.clips()), caching);
  }

  /** What decides about the quantized weights beside the model. */
  static String weights(QuantizationPlan plan, String statisticsStamp) {
    return PlanText.of(plan) + (plan.needsCalibration() ? " " + statisticsStamp : "");
  }

  /** Whether a picture depends on the others of its batch. */
  static boolean sharesGrids(QuantizationPlan plan) {
    return plan.activation().mode() == ActivationMode.DYNAMIC_TOKEN_SHARED;
  }
}
