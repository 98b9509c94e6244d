package org.viditq.core.pipeline;

import java.util.List;
import java.util.Optional;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.size.PictureSize;
import org.viditq.core.pipeline.cache.StepCaching;

/**
 * How pictures or clips are to be sampled; which ones is said by {@link EncodedPrompts}.
 *
 * @param seeds one per clip: each draws its initial noise from a torch CPU generator of its own, so
 *     a clip does not depend on the others of the batch
 * @param steps number of sampling steps, at least 1
 * @param guidanceScale classifier-free guidance; at 1 or below the model is evaluated without the
 *     negative prompt
 * @param frames of each clip; 1 for pictures
 * @param height that is sampled, pixels
 * @param width that is sampled, pixels
 * @param framesPerSecond that clips are to be shown with
 * @param times where the steps lie
 * @param finalSize that decoded pictures are scaled and cropped to; empty to leave them as sampled
 * @param start what sampling starts from instead of noise alone
 * @param caching what steps take from earlier ones
 */
public record GenerationRequest(
    List<Long> seeds,
    int steps,
    double guidanceScale,
    int frames,
    int height,
    int width,
    double framesPerSecond,
    StepTimes times,
    Optional<PictureSize> finalSize,
    Optional<StartingPicture> start,
    StepCaching caching) {
  public GenerationRequest {
    seeds = List.copyOf(seeds);
    if (seeds.isEmpty()) {
      throw new UsageException("There is no seed; give one per picture.");
    }
    if (steps < 1) {
      throw new UsageException(
          "The number of sampling steps is " + steps + ", but must be at least 1.");
    }
    if (!Double.isFinite(guidanceScale)) {
      throw new UsageException("The guidance scale " + guidanceScale + " is not a finite number.");
    }
    if (frames < 1) {
      throw new UsageException(
          "A clip of " + frames + " frames cannot be made; ask for 1 or more.");
    }
    if (height < 1 || width < 1) {
      throw new UsageException(
          "A picture of " + width + " x " + height + " pixels cannot be made.");
    }
    if (!(framesPerSecond > 0 && Double.isFinite(framesPerSecond))) {
      throw new UsageException(
          "A clip cannot be shown with " + framesPerSecond + " frames per second.");
    }
  }

  /** A request for clips as they are sampled, from noise, whose steps compute everything. */
  public GenerationRequest(
      List<Long> seeds,
      int steps,
      double guidanceScale,
      int frames,
      int height,
      int width,
      double framesPerSecond,
      StepTimes times) {
    this(
        seeds,
        steps,
        guidanceScale,
        frames,
        height,
        width,
        framesPerSecond,
        times,
        Optional.empty(),
        Optional.empty(),
        StepCaching.NONE);
  }

  /** A request for clips, with steps where the scheduler places them. */
  public GenerationRequest(
      List<Long> seeds,
      int steps,
      double guidanceScale,
      int frames,
      int height,
      int width,
      double framesPerSecond) {
    this(
        seeds,
        steps,
        guidanceScale,
        frames,
        height,
        width,
        framesPerSecond,
        StepTimes.OF_SCHEDULER);
  }

  /** A request for pictures. */
  public static GenerationRequest pictures(
      List<Long> seeds, int steps, double guidanceScale, int height, int width) {
    return new GenerationRequest(
        seeds, steps, guidanceScale, 1, height, width, 1, StepTimes.OF_SCHEDULER);
  }

  /** The same with other seeds. */
  public GenerationRequest withSeeds(List<Long> others) {
    return with(others, finalSize, start, caching);
  }

  /** The same whose pictures are scaled and cropped to a size. */
  public GenerationRequest resizedTo(PictureSize size) {
    return with(seeds, Optional.of(size), start, caching);
  }

  /** The same that starts from a picture. */
  public GenerationRequest startingFrom(StartingPicture picture) {
    return with(seeds, finalSize, Optional.of(picture), caching);
  }

  /** The same with another caching. */
  public GenerationRequest caching(StepCaching other) {
    return with(seeds, finalSize, start, other);
  }

  private GenerationRequest with(
      List<Long> seeds,
      Optional<PictureSize> finalSize,
      Optional<StartingPicture> start,
      StepCaching caching) {
    return new GenerationRequest(
        seeds,
        steps,
        guidanceScale,
        frames,
        height,
        width,
        framesPerSecond,
        times,
        finalSize,
        start,
        caching);
  }

  /** The size of the pictures in the end. */
  public PictureSize outputSize() {
    return finalSize.orElseGet(() -> new PictureSize(height, width));
  }

  /** Whether {@code guidanceScale} asks for classifier-free guidance. */
  public boolean isGuided() {
    return guidanceScale > 1;
  }
}
