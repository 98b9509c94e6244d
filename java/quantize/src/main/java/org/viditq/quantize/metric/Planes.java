package org.viditq.quantize.metric;

import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Tensor;

/** Clips with their colours apart, as metrics of single channels take them. */
public final class Planes {
  private static final int CHANNELS = 3;

  private Planes() {}

  /**
   * @param clip [T, H, W, 3]
   * @return [3 T, H, W], a copy
   * @throws ShapeException if it is no clip
   */
  public static Tensor of(Tensor clip) {
    if (clip.shape().rank() != 4 || clip.dim(3) != CHANNELS) {
      throw new ShapeException("A clip must be [T, H, W, 3], not " + clip.shape() + ".");
    }
    int pixels = clip.dim(1) * clip.dim(2);
    float[] interleaved = clip.data();
    float[] planes = new float[clip.size()];
    for (int t = 0; t < clip.dim(0); t++) {
      for (int i = 0; i < pixels; i++) {
        for (int c = 0; c < CHANNELS; c++) {
          planes[(CHANNELS * t + c) * pixels + i] = interleaved[CHANNELS * (t * pixels + i) + c];
        }
      }
    }
    return Tensor.of(planes, CHANNELS * clip.dim(0), clip.dim(1), clip.dim(2));
  }
}
