package org.viditq.cli.evaluate;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import org.viditq.core.pipeline.Clip;
import org.viditq.core.pipeline.cache.EvaluationCount;

/**
 * Pictures of one run.
 *
 * @param clips in the order of the request
 * @param seconds that each of them took to denoise and decode, without encoding the prompt
 * @param peakBytes most memory of the process while they were made; empty where the system does not
 *     tell, and where some of them were made by an earlier process
 * @param evaluations of the denoiser, where steps took anything from earlier ones
 */
public record TimedPictures(
    List<Clip> clips, double[] seconds, OptionalLong peakBytes, EvaluationCount evaluations) {
  public TimedPictures {
    clips = List.copyOf(clips);
  }

  public double secondsPerPicture() {
    return Arrays.stream(seconds).average().orElseThrow();
  }
}
