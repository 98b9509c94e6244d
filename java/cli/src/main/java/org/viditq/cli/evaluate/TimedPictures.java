package org.viditq.cli.evaluate;

import java.util.List;
import org.viditq.core.pipeline.Clip;

/**
 * Pictures of one run.
 *
 * @param clips in the order of the request
 * @param seconds that all of them took to denoise and decode, without encoding the prompts
 */
public record TimedPictures(List<Clip> clips, double seconds) {
  public TimedPictures {
    clips = List.copyOf(clips);
  }

  public double secondsPerPicture() {
    return seconds / clips.size();
  }
}
