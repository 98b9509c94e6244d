package org.viditq.core.pipeline;

import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.SamplingDefaults;
import org.viditq.core.model.size.PictureSize;
import org.viditq.core.model.size.SizeBins;

/**
 * What somebody asks for, as far as he says it; the model's defaults are for the rest.
 *
 * @param steps sampling steps, where {@code times} leaves them to the scheduler
 * @param guidanceScale of classifier-free guidance
 * @param height of pictures, pixels
 * @param width of pictures, pixels
 * @param frames of clips
 * @param framesPerSecond that clips are shown with
 * @param times where the steps lie
 * @param binning whether models keep to the sizes that they were trained for, as by default in
 *     diffusers, see {@link DiffusionPipeline#sizeBins}
 */
public record SamplingParameters(
    Optional<Integer> steps,
    Optional<Double> guidanceScale,
    Optional<Integer> height,
    Optional<Integer> width,
    Optional<Integer> frames,
    Optional<Double> framesPerSecond,
    StepTimes times,
    boolean binning) {
  private static final Logger LOG = LoggerFactory.getLogger(SamplingParameters.class);

  /**
   * What to sample with these seeds, one per picture.
   *
   * @param start the size of a picture that sampling starts from: where no size is asked for,
   *     pictures get its shape at about the model's own number of pixels
   * @throws UsageException if the model cannot make such pictures
   */
  public GenerationRequest request(
      DiffusionPipeline pipeline, List<Long> seeds, Optional<PictureSize> start) {
    SamplingDefaults defaults = pipeline.model().samplingDefaults();
    PictureSize asked = askedSize(pipeline, start);
    Optional<SizeBins> bins = binning ? pipeline.sizeBins() : Optional.empty();
    PictureSize made = bins.map(sizes -> sizes.nearest(asked)).orElse(asked);
    GenerationRequest request =
        new GenerationRequest(
            seeds,
            times.steps(steps.orElse(defaults.steps())),
            guidanceScale.orElse(defaults.guidanceScale()),
            frames.orElse(pipeline.defaultFrames()),
            made.height(),
            made.width(),
            framesPerSecond.orElse(defaults.framesPerSecond()),
            times);
    boolean other = sizeIsGiven() && !made.equals(asked);
    if (other && bins.get().broughtToAskedSize()) {
      request = request.resizedTo(asked);
    } else if (other) {
      LOG.warn(
          "{} was not trained for pictures of {} x {} pixels; they are made at {} x {}, unless"
              + " --no-binning is given.",
          pipeline.model().family(),
          asked.width(),
          asked.height(),
          made.width(),
          made.height());
    }
    pipeline.requireFit(request);
    return request;
  }

  private boolean sizeIsGiven() {
    return width.isPresent() || height.isPresent();
  }

  private PictureSize askedSize(DiffusionPipeline pipeline, Optional<PictureSize> start) {
    int defaultHeight = pipeline.defaultHeight();
    int defaultWidth = pipeline.defaultWidth();
    if (sizeIsGiven() || start.isEmpty()) {
      return new PictureSize(height.orElse(defaultHeight), width.orElse(defaultWidth));
    }
    LatentGrid grid = pipeline.grid();
    double side = Math.sqrt((double) defaultHeight * defaultWidth);
    double stretch = Math.sqrt(start.get().aspectRatio());
    return new PictureSize(
        multiple(side * stretch, grid.pixelsPerPatchRow()),
        multiple(side / stretch, grid.pixelsPerPatchColumn()));
  }

  /** The nearest multiple of a unit, at least one. */
  private static int multiple(double pixels, int unit) {
    return (int) Math.max(1, Math.rint(pixels / unit)) * unit;
  }
}
