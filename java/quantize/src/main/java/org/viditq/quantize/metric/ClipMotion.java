package org.viditq.quantize.metric;

import java.util.ArrayList;
import java.util.List;
import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Tensor;

/**
 * The dense optical flow between consecutive frames of a clip, there and back. Finding it takes far
 * longer than any use of it, so what compares many clips with one keeps this.
 */
public final class ClipMotion {
  private static final int CHANNELS = 3;

  private final Tensor clip;
  private final List<OpticalFlow> forward = new ArrayList<>();
  private final List<OpticalFlow> backward = new ArrayList<>();

  private ClipMotion(Tensor clip) {
    this.clip = clip;
  }

  /**
   * Prepares a clip; flows are found when they are asked for first.
   *
   * @param clip [T, H, W, 3] with values from 0 to 1, at least two frames, sides of at least 16
   * @throws ShapeException if it is none
   */
  public static ClipMotion of(Tensor clip) {
    return of(clip, "optical flow");
  }

  /**
   * As {@link #of(Tensor)}.
   *
   * @param metric what messages say it is needed for
   */
  static ClipMotion of(Tensor clip, String metric) {
    if (clip.shape().rank() != 4 || clip.dim(0) < 2 || clip.dim(3) != CHANNELS) {
      throw new ShapeException(
          metric
              + ": a clip must be [T, H, W, 3] with two frames or more, not "
              + clip.shape()
              + ".");
    }
    int shortest = Math.min(clip.dim(1), clip.dim(2));
    if (shortest < OpticalFlow.SHORTEST_SIDE) {
      throw new ShapeException(
          metric
              + ": frames must have sides of at least "
              + OpticalFlow.SHORTEST_SIDE
              + " pixels, not "
              + shortest
              + ".");
    }
    return new ClipMotion(clip);
  }

  /** The clip itself. */
  public Tensor clip() {
    return clip;
  }

  /** Frame t to frame t + 1, for every t. */
  synchronized List<OpticalFlow> forward() {
    for (int t = forward.size(); t + 1 < clip.dim(0); t++) {
      forward.add(OpticalFlow.between(clip, t, t + 1));
    }
    return forward;
  }

  /** Frame t + 1 to frame t, for every t. */
  synchronized List<OpticalFlow> backward() {
    for (int t = backward.size(); t + 1 < clip.dim(0); t++) {
      backward.add(OpticalFlow.between(clip, t + 1, t));
    }
    return backward;
  }

  /**
   * The flow score: mean length of the flow from each frame to the next, in pixels (Y. Liu et al.,
   * EvalCrafter, 2024, section 4.3). A clip that stands still has 0; more is not better in itself.
   */
  public double flowScore() {
    double sum = 0;
    long pixels = 0;
    for (OpticalFlow flow : forward()) {
      for (int i = 0; i < flow.x().length; i++) {
        double length = Math.hypot(flow.x()[i], flow.y()[i]);
        // Brox's method leaves no hole, but a division by nothing would poison the mean.
        if (Double.isFinite(length)) {
          sum += length;
          pixels++;
        }
      }
    }
    return pixels == 0 ? 0 : sum / pixels;
  }
}
