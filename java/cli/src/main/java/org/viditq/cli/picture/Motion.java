package org.viditq.cli.picture;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
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
  /** What the figures of {@link #flickerText} and {@link #warpingText} mean, for readers. */
  public static final String MEANING =
      "Flicker is the mean absolute difference of consecutive frames in hundredths of the value"
          + " range, motion included; warping error is the mean squared difference in thousandths"
          + " once the motion of the full-precision clip is taken out. What a plan adds to full"
          + " precision's is its own.";

  /** Adds both to the JSON of a command. */
  public void putInto(ObjectNode node) {
    node.put("flicker", flicker).put("warpingError", warpingError);
  }

  /** In hundredths: 3.14. */
  public String flickerText() {
    return String.format(Locale.ROOT, "%.2f", 100 * flicker);
  }

  /** In thousandths: 0.271. */
  public String warpingText() {
    return String.format(Locale.ROOT, "%.3f", 1000 * warpingError);
  }

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
