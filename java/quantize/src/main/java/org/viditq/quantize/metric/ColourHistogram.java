package org.viditq.quantize.metric;

import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Tensor;

/**
 * Hellinger distance of the colours of two clips: 0 for the same colours in the same amounts,
 * wherever they lie, 1 for none in common. sqrt(1 - Σ sqrt(p q)) over the 512 cells of red, green
 * and blue in eight equal steps each; values beyond 0 and 1 count as these.
 */
public final class ColourHistogram {
  private static final int STEPS = 8;
  private static final int CHANNELS = 3;

  private ColourHistogram() {}

  /**
   * Mean of the frames' distances.
   *
   * @param reference [T, H, W, 3] with values from 0 to 1
   * @param test of the same shape
   * @return 0 to 1
   * @throws ShapeException if the shapes differ or are none of clips
   */
  public static double distance(Tensor reference, Tensor test) {
    Pairs.requireSameShape("colour histogram", reference, test);
    if (reference.shape().rank() != 4 || reference.dim(3) != CHANNELS) {
      throw new ShapeException(
          "colour histogram: a clip must be [T, H, W, 3], not " + reference.shape() + ".");
    }
    double sum = 0;
    for (int t = 0; t < reference.dim(0); t++) {
      long[] p = counts(reference, t);
      long[] q = counts(test, t);
      double common = 0;
      for (int i = 0; i < p.length; i++) {
        common += Math.sqrt((double) p[i] * q[i]);
      }
      // Of equal histograms the sum of roots may lie above their sum by its last bit.
      double overlap = common / ((double) reference.dim(1) * reference.dim(2));
      sum += Math.sqrt(Math.max(0, 1 - overlap));
    }
    return sum / reference.dim(0);
  }

  private static long[] counts(Tensor clip, int frame) {
    int pixels = clip.dim(1) * clip.dim(2);
    long[] counts = new long[STEPS * STEPS * STEPS];
    int at = frame * pixels * CHANNELS;
    for (int i = 0; i < pixels; i++) {
      int cell = 0;
      for (int channel = 0; channel < CHANNELS; channel++) {
        int step = (int) (clip.data()[at++] * STEPS);
        cell = cell * STEPS + Math.max(0, Math.min(STEPS - 1, step));
      }
      counts[cell]++;
    }
    return counts;
  }
}
