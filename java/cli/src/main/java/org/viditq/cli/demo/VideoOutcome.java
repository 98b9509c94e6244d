package org.viditq.cli.demo;

import java.util.List;
import java.util.Optional;
import org.viditq.cli.picture.PictureScores;
import org.viditq.core.pipeline.Clip;
import org.viditq.quantize.apply.StoredSize;
import org.viditq.quantize.metric.TemporalFlicker;
import org.viditq.quantize.metric.WarpingError;

/**
 * What one plan gave on clips.
 *
 * @param plan name as {@code --plan} takes it; {@code full-precision} for the original
 * @param title for people
 * @param description one line
 * @param size of the transformer as stored
 * @param clips GIF files, one per prompt
 * @param scores against full precision; empty for full precision itself
 * @param motion flicker and warping error, means over the clips
 * @param secondsPerClip to denoise and decode, without encoding the prompt
 */
record VideoOutcome(
    String plan,
    String title,
    String description,
    StoredSize size,
    List<byte[]> clips,
    Optional<PictureScores> scores,
    Motion motion,
    double secondsPerClip) {
  /**
   * How frames follow each other.
   *
   * @param flicker see {@link TemporalFlicker}
   * @param warpingError see {@link WarpingError}
   */
  record Motion(double flicker, double warpingError) {
    /**
     * @param reference clips in full precision
     * @param clips of the same scenes; may be the same ones
     */
    static Motion of(List<Clip> reference, List<Clip> clips) {
      double flicker = 0;
      double warping = 0;
      for (int i = 0; i < clips.size(); i++) {
        flicker += TemporalFlicker.of(clips.get(i).pixels());
        warping += WarpingError.of(reference.get(i).pixels(), clips.get(i).pixels()).test();
      }
      return new Motion(flicker / clips.size(), warping / clips.size());
    }
  }
}
