package org.viditq.bench.stability;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.model.Parameters;
import org.viditq.core.operators.Backends;
import org.viditq.core.operators.Operators;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.EncodedPrompts;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.ProgressListener;
import org.viditq.core.pipeline.StepTimes;
import org.viditq.quantize.apply.PlanApplication;
import org.viditq.quantize.apply.QuantizationListener;
import org.viditq.quantize.plan.BuiltInPlans;
import org.viditq.quantize.weight.QuantizedLayers;

/** The whole way from a prompt to a picture or clip, as short as it can be. */
final class SmallWork implements AutoCloseable {
  private static final int STEPS = 2;
  private static final double GUIDANCE = 4.5;

  /** Every fifth generation is a clip. */
  private static final int CLIP = 5;

  private final int threads;
  private final DiffusionPipeline pictures;
  private final DiffusionPipeline clips;
  private final Checkpoint weights;
  private final QuantizedLayers quantized;

  SmallWork(int threads) {
    this.threads = threads;
    Path samples = Path.of(System.getProperty("viditq.home", "")).resolve("samples");
    PipelineFolder folder = PipelineFolder.open(samples.resolve("pixart-mini"));
    this.pictures = DiffusionPipeline.open(folder, this::open);
    this.clips =
        DiffusionPipeline.open(PipelineFolder.open(samples.resolve("stdit-mini")), this::open);
    this.weights = folder.checkpoint(Component.TRANSFORMER);
    this.quantized =
        new PlanApplication(folder, this::open, QuantizationListener.NONE)
            .apply(BuiltInPlans.get("w8a8"), weights, Optional.empty());
  }

  private Operators<?> open() {
    return Backends.find("native").open(threads);
  }

  /** Encodes a prompt, samples and decodes it; everything is opened for it and closed. */
  void generate(int number) {
    DiffusionPipeline pipeline = number % CLIP == 0 ? clips : pictures;
    boolean original = number % CLIP == 0 || number % 2 == 0;
    EncodedPrompts prompts =
        pipeline.encode(List.of("a small pink star " + number), "", ProgressListener.NONE);
    GenerationRequest request =
        new GenerationRequest(
            List.of((long) number),
            STEPS,
            GUIDANCE,
            pipeline.defaultFrames(),
            pipeline.defaultHeight(),
            pipeline.defaultWidth(),
            pipeline.model().samplingDefaults().framesPerSecond(),
            StepTimes.OF_SCHEDULER);
    pipeline.generate(request, prompts, parameters(original), ProgressListener.NONE);
  }

  /** Makes a denoiser ready and gives it back unused. */
  void openAndClose(int number) {
    try (Denoiser denoiser = pictures.openDenoiser(parameters(number % 2 == 0))) {
      denoiser.model();
    }
  }

  private UnaryOperator<Parameters> parameters(boolean original) {
    return original ? UnaryOperator.identity() : quantized::over;
  }

  @Override
  public void close() {
    weights.close();
  }
}
