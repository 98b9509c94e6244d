package org.viditq.quantize.metric.clip;

import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.metric.ClipMotion;

/** A full-precision clip that others are compared with; finds its optical flow once. */
public final class ReferenceClip {
  private final Tensor pixels;
  private ClipMotion motion;

  /**
   * @param pixels [T, H, W, 3] from 0 to 1
   */
  public ReferenceClip(Tensor pixels) {
    this.pixels = pixels;
  }

  public Tensor pixels() {
    return pixels;
  }

  /**
   * Its optical flow.
   *
   * @throws org.viditq.core.error.ShapeException if it is a picture or its sides are too short
   */
  synchronized ClipMotion motion() {
    if (motion == null) {
      motion = ClipMotion.of(pixels);
    }
    return motion;
  }
}
