package org.viditq.quantize.metric;

import org.viditq.core.tensor.Tensor;

/**
 * How well the next frame, moved back along the motion of the scene, gives the frame before: the
 * warping error of W.-S. Lai et al., Learning Blind Video Temporal Consistency, 2018, eq. 11, which
 * does not count motion as flicker does.
 *
 * <p>The motion is the optical flow of the reference clip, for both clips, so that they are judged
 * by the same pixels. Pixels whose flow there and back does not lead home are hidden in one of the
 * frames and do not count (M. Ruder et al., Artistic Style Transfer for Videos, 2016, eq. 4).
 *
 * @param reference mean squared difference per channel of the reference clip, values from 0 to 1
 * @param test of the clip under test
 */
public record WarpingError(double reference, double test) {
  private static final int CHANNELS = 3;

  /**
   * Compares two clips of one scene.
   *
   * @param reference [T, H, W, 3] with values from 0 to 1, at least two frames, sides of at least
   *     16
   * @param test of the same shape
   * @return NaN where every pixel is hidden
   * @throws org.viditq.core.error.ShapeException if the shapes differ or are none of clips
   */
  public static WarpingError of(Tensor reference, Tensor test) {
    Pairs.requireSameShape("warping error", reference, test);
    return of(ClipMotion.of(reference, "warping error"), test);
  }

  /**
   * As {@link #of(Tensor, Tensor)}, with the motion of the reference found already.
   *
   * @param test of the reference's shape
   */
  public static WarpingError of(ClipMotion motion, Tensor test) {
    Tensor reference = motion.clip();
    Pairs.requireSameShape("warping error", reference, test);
    Sum ofReference = new Sum();
    Sum ofTest = new Sum();
    for (int t = 0; t + 1 < reference.dim(0); t++) {
      add(motion, test, t, ofReference, ofTest);
    }
    return new WarpingError(ofReference.mean(), ofTest.mean());
  }

  /** How many times the reference's error the clip under test has. */
  public double ratio() {
    return test / reference;
  }

  /** A running mean. */
  private static final class Sum {
    private double sum;
    private long count;

    void add(double value) {
      sum += value;
      count++;
    }

    double mean() {
      return sum / count;
    }
  }

  private static void add(ClipMotion motion, Tensor test, int t, Sum ofReference, Sum ofTest) {
    Tensor reference = motion.clip();
    int height = reference.dim(1);
    int width = reference.dim(2);
    OpticalFlow forward = motion.forward().get(t);
    OpticalFlow backward = motion.backward().get(t);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int at = y * width + x;
        Position moved = Position.of(x + forward.x()[at], y + forward.y()[at], height, width);
        if (moved == null || isHidden(forward, backward, at, moved)) {
          continue;
        }
        for (int channel = 0; channel < CHANNELS; channel++) {
          ofReference.add(squaredError(reference, t, at, moved, channel));
          ofTest.add(squaredError(test, t, at, moved, channel));
        }
      }
    }
  }

  private static boolean isHidden(
      OpticalFlow forward, OpticalFlow backward, int at, Position moved) {
    double thereX = forward.x()[at];
    double thereY = forward.y()[at];
    double backX = moved.interpolate(backward.x(), 0, 1);
    double backY = moved.interpolate(backward.y(), 0, 1);
    double gap = squaredNorm(thereX + backX, thereY + backY);
    return gap > 0.01 * (squaredNorm(thereX, thereY) + squaredNorm(backX, backY)) + 0.5;
  }

  private static double squaredNorm(double x, double y) {
    return x * x + y * y;
  }

  private static double squaredError(Tensor clip, int t, int at, Position moved, int channel) {
    int frame = clip.size() / clip.dim(0);
    double before = clip.data()[t * frame + at * CHANNELS + channel];
    double after = moved.interpolate(clip.data(), (t + 1) * frame + channel, CHANNELS);
    return (after - before) * (after - before);
  }

  /**
   * A point between four pixels.
   *
   * @param at index of the upper left pixel
   * @param right of the pixels to the right
   * @param below of the pixels below
   * @param width of the frame
   */
  private record Position(int at, double right, double below, int width) {
    /** Null outside of the frame. */
    static Position of(double x, double y, int height, int width) {
      // Also false for NaN.
      if (!(x >= 0 && y >= 0 && x <= width - 1 && y <= height - 1)) {
        return null;
      }
      int left = Math.min((int) x, width - 2);
      int top = Math.min((int) y, height - 2);
      return new Position(top * width + left, x - left, y - top, width);
    }

    /** Bilinear, of every {@code step}-th value from {@code from}. */
    double interpolate(float[] values, int from, int step) {
      int index = from + at * step;
      int down = width * step;
      double top = values[index] * (1 - right) + values[index + step] * right;
      double bottom = values[index + down] * (1 - right) + values[index + down + step] * right;
      return top * (1 - below) + bottom * below;
    }
  }
}
