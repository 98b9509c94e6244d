package org.viditq.cli.evaluate;

import java.util.List;
import org.viditq.core.pipeline.Image;

/**
 * Pictures of one run.
 *
 * @param images in the order of the request
 * @param seconds that all of them took to denoise and decode, without encoding the prompts
 */
public record TimedPictures(List<Image> images, double seconds) {
  public TimedPictures {
    images = List.copyOf(images);
  }

  public double secondsPerPicture() {
    return seconds / images.size();
  }
}
