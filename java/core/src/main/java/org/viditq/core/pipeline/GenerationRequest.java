package org.viditq.core.pipeline;

import java.util.List;
import org.viditq.core.error.UsageException;

/**
 * How pictures are to be sampled; which ones is said by {@link PromptEmbeddings}.
 *
 * @param seeds one per picture: each draws its initial noise from a torch CPU generator of its own,
 *     so a picture does not depend on the others of the batch
 * @param steps number of sampling steps, at least 1
 * @param guidanceScale classifier-free guidance; at 1 or below the model is evaluated without the
 *     negative prompt
 * @param height of the pictures, pixels
 * @param width of the pictures, pixels
 */
public record GenerationRequest(
    List<Long> seeds, int steps, double guidanceScale, int height, int width) {
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
    if (height < 1 || width < 1) {
      throw new UsageException(
          "A picture of " + width + " x " + height + " pixels cannot be made.");
    }
  }

  /** Whether {@code guidanceScale} asks for classifier-free guidance. */
  public boolean isGuided() {
    return guidanceScale > 1;
  }
}
