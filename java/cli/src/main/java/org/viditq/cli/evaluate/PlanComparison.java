package org.viditq.cli.evaluate;

import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.viditq.cli.console.Console;
import org.viditq.cli.console.StageProgress;
import org.viditq.cli.picture.PictureComparison;
import org.viditq.cli.quantize.PlanApplication;
import org.viditq.cli.quantize.StoredSize;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.model.Parameters;
import org.viditq.core.operators.Operators;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.Image;
import org.viditq.core.pipeline.PromptEmbeddings;
import org.viditq.core.pipeline.TextToImagePipeline;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.plan.QuantizationPlan;
import org.viditq.quantize.weight.QuantizedLayers;

/** Makes the same pictures in full precision, once, and then with one plan after the other. */
final class PlanComparison {
  private final PipelineFolder folder;
  private final TextToImagePipeline pipeline;
  private final Supplier<Operators<?>> backend;
  private final Console console;
  private final GenerationRequest request;
  private final PromptEmbeddings prompts;
  private final List<Image> references;

  PlanComparison(
      PipelineFolder folder,
      TextToImagePipeline pipeline,
      Supplier<Operators<?>> backend,
      GenerationRequest request,
      PromptEmbeddings prompts,
      Console console) {
    this.folder = folder;
    this.pipeline = pipeline;
    this.backend = backend;
    this.request = request;
    this.prompts = prompts;
    this.console = console;
    this.references = make(UnaryOperator.identity(), "full precision");
  }

  PlanScore score(QuantizationPlan plan, Optional<CalibrationStatistics> statistics) {
    QuantizedLayers layers =
        new PlanApplication(folder, backend, console)
            .apply(plan, plan.needsCalibration() ? statistics : Optional.empty());
    long start = System.nanoTime();
    List<Image> images = make(layers::over, plan.name());
    double seconds = (System.nanoTime() - start) * 1e-9;
    double[] psnr = new double[images.size()];
    double[] ssim = new double[images.size()];
    for (int i = 0; i < psnr.length; i++) {
      PictureComparison comparison = PictureComparison.of(references.get(i), images.get(i));
      psnr[i] = comparison.psnr();
      ssim[i] = comparison.ssim();
    }
    try (Checkpoint weights = folder.checkpoint(Component.TRANSFORMER)) {
      StoredSize size = StoredSize.of(weights, layers);
      return new PlanScore(
          plan.name(), size.quantized(), size.ratio(), psnr, ssim, seconds / images.size());
    }
  }

  private List<Image> make(UnaryOperator<Parameters> parameters, String title) {
    try (StageProgress progress = new StageProgress(console, title)) {
      return pipeline.generate(request, prompts, parameters, progress);
    }
  }
}
