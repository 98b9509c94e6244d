package org.viditq.cli.picture;

import java.util.Arrays;
import org.viditq.core.pipeline.Clip;
import org.viditq.core.tensor.Tensor;

/**
 * Where a picture or clip differs from its reference: the absolute difference of every channel,
 * multiplied so that it can be seen.
 *
 * @param clip the differences; black where there is none
 * @param scale that they were multiplied by: the largest power of two, up to 64, with which no more
 *     than one value in a hundred is cut at white
 * @param largest difference of a channel, 0 to 1, before it was multiplied
 */
public record DifferenceMap(Clip clip, int scale, double largest) {
  private static final int LARGEST_SCALE = 64;
  private static final double UNCUT = 0.99;

  /**
   * @param test of the reference's shape
   */
  public static DifferenceMap of(Clip reference, Clip test) {
    float[] expected = reference.pixels().data();
    float[] seen = test.pixels().data();
    float[] differences = new float[expected.length];
    for (int i = 0; i < expected.length; i++) {
      differences[i] = Math.abs(seen[i] - expected[i]);
    }
    float[] sorted = differences.clone();
    Arrays.sort(sorted);
    int scale = LARGEST_SCALE;
    double high = sorted[(int) Math.min(sorted.length - 1.0, Math.floor(UNCUT * sorted.length))];
    while (scale > 1 && scale * high > 1) {
      scale /= 2;
    }
    for (int i = 0; i < differences.length; i++) {
      differences[i] = Math.min(1, scale * differences[i]);
    }
    return new DifferenceMap(
        new Clip(Tensor.of(test.pixels().shape(), differences), test.framesPerSecond()),
        scale,
        sorted[sorted.length - 1]);
  }
}
