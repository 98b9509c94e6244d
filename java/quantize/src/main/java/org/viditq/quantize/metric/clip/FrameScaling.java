package org.viditq.quantize.metric.clip;

import org.viditq.core.tensor.Tensor;

/**
 * A frame at another size: bilinear between the middles of pixels, edges repeated, without a filter
 * against aliasing.
 */
final class FrameScaling {
  private static final int CHANNELS = 3;

  private final float[] pixels;
  private final int from;
  private final int height;
  private final int width;
  private final double pixelsPerRow;
  private final double pixelsPerColumn;

  /**
   * @param clip [T, H, W, 3]
   */
  FrameScaling(Tensor clip, int frame, int newHeight, int newWidth) {
    pixels = clip.data();
    height = clip.dim(1);
    width = clip.dim(2);
    from = frame * height * width * CHANNELS;
    pixelsPerRow = (double) height / newHeight;
    pixelsPerColumn = (double) width / newWidth;
  }

  double value(int row, int column, int channel) {
    double y = Math.max(0, Math.min(height - 1, (row + 0.5) * pixelsPerRow - 0.5));
    double x = Math.max(0, Math.min(width - 1, (column + 0.5) * pixelsPerColumn - 0.5));
    int top = (int) y;
    int left = (int) x;
    double above = between(top, left, channel, x - left);
    double below = between(Math.min(height - 1, top + 1), left, channel, x - left);
    return above + (below - above) * (y - top);
  }

  private double between(int row, int column, int channel, double fraction) {
    double first = at(row, column, channel);
    return first + (at(row, Math.min(width - 1, column + 1), channel) - first) * fraction;
  }

  private double at(int row, int column, int channel) {
    return pixels[from + (row * width + column) * CHANNELS + channel];
  }
}
