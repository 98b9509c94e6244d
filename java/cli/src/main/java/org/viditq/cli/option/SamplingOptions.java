package org.viditq.cli.option;

import java.util.List;
import org.viditq.core.error.UsageException;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.TextToImagePipeline;
import picocli.CommandLine.Option;

/** How pictures are sampled. */
public final class SamplingOptions {
  @Option(
      names = "--steps",
      paramLabel = "N",
      defaultValue = "20",
      description = "Sampling steps. Default: ${DEFAULT-VALUE}.")
  private int steps;

  @Option(
      names = "--guidance",
      paramLabel = "X",
      defaultValue = "4.5",
      description = "Classifier-free guidance; 1 or less for none. Default: ${DEFAULT-VALUE}.")
  private double guidance;

  @Option(
      names = "--width",
      paramLabel = "W",
      description = "Width of the pictures in pixels. Default: what the model was trained for.")
  private Integer width;

  @Option(
      names = "--height",
      paramLabel = "H",
      description = "Height of the pictures in pixels. Default: what the model was trained for.")
  private Integer height;

  @Option(
      names = "--scheduler",
      paramLabel = "S",
      completionCandidates = SchedulerNames.class,
      description =
          "One of ${COMPLETION-CANDIDATES}, or a class of diffusers. Default: the pipeline's own.")
  private String scheduler;

  public int steps() {
    return steps;
  }

  public double guidance() {
    return guidance;
  }

  /**
   * What to sample with these seeds, one per picture.
   *
   * @throws UsageException if the model cannot make such pictures
   */
  public GenerationRequest request(TextToImagePipeline pipeline, List<Long> seeds) {
    GenerationRequest request =
        new GenerationRequest(
            seeds,
            steps,
            guidance,
            height == null ? pipeline.defaultSize() : height,
            width == null ? pipeline.defaultSize() : width);
    pipeline.requireFit(request);
    return request;
  }

  /** The pipeline with the scheduler that was asked for. */
  public TextToImagePipeline schedule(TextToImagePipeline pipeline) {
    return scheduler == null ? pipeline : pipeline.withScheduler(scheduler);
  }
}
