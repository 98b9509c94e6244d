package org.viditq.reference;

import org.viditq.core.tensor.Tensor;

/**
 * The windows that a convolution sees in x [B, C, spatial...], zeros outside; the kernel fits.
 * Fewer than three spatial axes are led by axes of extent 1, so that there is one case only.
 */
final class Windows {
  private static final int AXES = 3;

  private final Tensor x;
  private final int channels;
  private final int[] extent;
  private final int[] kernel;
  private final int[] stride;
  private final int[] before;
  private final int[] result = new int[AXES];

  private Windows(Tensor x, int[] kernel, int[] stride, int[] before, int[] after) {
    this.x = x;
    this.channels = x.dim(1);
    int[] dims = x.shape().toArray();
    int[] spatial = new int[kernel.length];
    System.arraycopy(dims, 2, spatial, 0, spatial.length);
    this.extent = lead(spatial, 1);
    this.kernel = lead(kernel, 1);
    this.stride = lead(stride, 1);
    this.before = lead(before, 0);
    int[] behind = lead(after, 0);
    for (int i = 0; i < AXES; i++) {
      int room = extent[i] + this.before[i] + behind[i] - this.kernel[i];
      result[i] = room / this.stride[i] + 1;
    }
  }

  static Windows of(Tensor x, int[] kernel, int[] stride, int[] before, int[] after) {
    return new Windows(x, kernel, stride, before, after);
  }

  private static int[] lead(int[] values, int fill) {
    int[] led = new int[AXES];
    for (int i = 0; i < AXES; i++) {
      int axis = i - (AXES - values.length);
      led[i] = axis < 0 ? fill : values[axis];
    }
    return led;
  }

  /** Windows per sample. */
  int positions() {
    return result[0] * result[1] * result[2];
  }

  /** Writes one window as [C, kernel...] at {@code offset}. */
  void unfold(int sample, int position, double[] destination, int offset) {
    int t0 = position / (result[1] * result[2]) * stride[0] - before[0];
    int h0 = position / result[2] % result[1] * stride[1] - before[1];
    int w0 = position % result[2] * stride[2] - before[2];
    int i = offset;
    for (int c = 0; c < channels; c++) {
      int plane = (sample * channels + c) * extent[0];
      for (int t = t0; t < t0 + kernel[0]; t++) {
        for (int h = h0; h < h0 + kernel[1]; h++) {
          boolean rowInside = inside(t, 0) && inside(h, 1);
          int row = ((plane + t) * extent[1] + h) * extent[2];
          for (int w = w0; w < w0 + kernel[2]; w++) {
            destination[i++] = rowInside && inside(w, 2) ? x.data()[row + w] : 0;
          }
        }
      }
    }
  }

  private boolean inside(int index, int axis) {
    return index >= 0 && index < extent[axis];
  }
}
