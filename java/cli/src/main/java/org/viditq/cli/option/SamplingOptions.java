package org.viditq.cli.option;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.size.PictureSize;
import org.viditq.core.operators.Operators;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.SamplingParameters;
import org.viditq.core.pipeline.StepTimes;
import picocli.CommandLine.Option;

/** How pictures are sampled. */
public final class SamplingOptions {
  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "Sampling steps. Default: the model's, 20 for PixArt.")
  private Integer steps;

  @Option(
      names = "--timesteps",
      paramLabel = "T",
      split = ",",
      description =
          "Evaluate the denoiser at these training steps, descending, instead of --steps: what"
              + " distilled weights are published with.")
  private List<Double> timesteps;

  @Option(
      names = "--sigmas",
      paramLabel = "S",
      split = ",",
      description =
          "Sample at these noise to signal ratios instead of --steps, descending, one more than"
              + " steps, for schedulers that take them.")
  private List<Double> sigmas;

  @Option(
      names = "--guidance",
      paramLabel = "X",
      description =
          "Classifier-free guidance; 1 or less for none. Default: the model's, 4.5 for PixArt.")
  private Double guidance;

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
      names = "--no-binning",
      description =
          "Sample at exactly the size that is asked for. Default, as in diffusers: PixArt of 256 to"
              + " 2048 pixels samples at the nearest size that it was trained for, and the picture"
              + " is scaled and cropped; HunyuanDiT makes the nearest of its sizes.")
  private boolean noBinning;

  @Option(
      names = "--frames",
      paramLabel = "N",
      description = "Frames of a clip, for video models. Default: what the model was trained for.")
  private Integer frames;

  @Option(
      names = "--fps",
      paramLabel = "N",
      description = "Frames per second that clips are shown with. Default: the model's.")
  private Double framesPerSecond;

  @Option(
      names = "--scheduler",
      paramLabel = "S",
      completionCandidates = SchedulerNames.class,
      description =
          "One of ${COMPLETION-CANDIDATES}, or a class of diffusers. Default: the pipeline's own.")
  private String scheduler;

  /** The scheduler that was asked for; empty for the pipeline's own. */
  public Optional<String> scheduler() {
    return Optional.ofNullable(scheduler);
  }

  /**
   * What to sample with these seeds, one per picture.
   *
   * @throws UsageException if the model cannot make such pictures
   */
  public GenerationRequest request(DiffusionPipeline pipeline, List<Long> seeds) {
    return request(pipeline, seeds, Optional.empty());
  }

  /**
   * As {@link #request(DiffusionPipeline, List)}.
   *
   * @param start the size of a picture that sampling starts from: where no size is asked for,
   *     pictures get its shape at about the model's own number of pixels
   */
  public GenerationRequest request(
      DiffusionPipeline pipeline, List<Long> seeds, Optional<PictureSize> start) {
    return new SamplingParameters(
            Optional.ofNullable(steps),
            Optional.ofNullable(guidance),
            Optional.ofNullable(height),
            Optional.ofNullable(width),
            Optional.ofNullable(frames),
            Optional.ofNullable(framesPerSecond),
            times(),
            !noBinning)
        .request(pipeline, seeds, start);
  }

  /** What is to be said of a request whose pictures are not sampled at the size that they get. */
  public static Optional<String> sizeNote(GenerationRequest request) {
    return request
        .finalSize()
        .map(
            asked ->
                "Samples at "
                    + request.width()
                    + " x "
                    + request.height()
                    + " pixels, a size that the model was trained for; pictures of "
                    + asked.width()
                    + " x "
                    + asked.height()
                    + " are scaled and cropped from that, unless --no-binning is given.");
  }

  private StepTimes times() {
    long given = Stream.of(steps, timesteps, sigmas).filter(Objects::nonNull).count();
    if (given > 1) {
      throw new UsageException("Give only one of --steps, --timesteps and --sigmas.");
    }
    if (timesteps != null) {
      return new StepTimes(StepTimes.Kind.TIMESTEPS, timesteps);
    }
    return sigmas != null ? new StepTimes(StepTimes.Kind.SIGMAS, sigmas) : StepTimes.OF_SCHEDULER;
  }

  /** The pipeline of a folder with the scheduler that was asked for. */
  public DiffusionPipeline open(PipelineFolder folder, Supplier<? extends Operators<?>> backend) {
    return DiffusionPipeline.open(folder, backend, scheduler());
  }
}
