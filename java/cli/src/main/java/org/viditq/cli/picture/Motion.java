package org.viditq.cli.picture;

import java.util.List;
import org.viditq.core.pipeline.Clip;
import org.viditq.quantize.metric.TemporalFlicker;
import org.viditq.quantize.metric.WarpingError;

/**
 * How frames of clips follow each other, means over the clips.
 *
 * @param flicker see {@link TemporalFlicker}
 * @param warpingError see {@link WarpingError}
 */
public record Motion(double flicker, double warpingError) {
  /**
   * @param reference clips in full precision
   * @param clips of the same scenes; may be the same ones
   */
  public static Motion of(List<Clip> reference, List<Clip> clips) {
    double flicker = 0;
    double warping = 0;
    for (int i = 0; i < clips.size(); i++) {
      flicker += TemporalFlicker.of(clips.get(i).pixels());
      warping += WarpingError.of(reference.get(i).pixels(), clips.get(i).pixels()).test();
    }
    return new Motion(flicker / clips.size(), warping / clips.size());
  }
}
