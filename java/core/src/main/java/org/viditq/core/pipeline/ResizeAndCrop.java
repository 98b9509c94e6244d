package org.viditq.core.pipeline;

import org.viditq.core.model.size.PictureSize;

/**
 * Scales pictures until they cover a size, with bilinear interpolation, and crops what is too much
 * evenly: {@code resize_and_crop_tensor} of diffusers' image processor. Where rounding makes the
 * scaled picture there a pixel smaller than the size, it is not here.
 */
final class ResizeAndCrop {
  private final PictureSize from;
  private final PictureSize to;
  private final Axis rows;
  private final Axis columns;

  /** Two neighbours and the weight of the second, for every pixel of a row or column. */
  private static final class Axis {
    final int[] first;
    final int[] second;
    final float[] weight;

    /**
     * @param scaled extent of the scaled picture, of which the middle {@code count} pixels are made
     */
    Axis(int extent, int scaled, int count) {
      first = new int[count];
      second = new int[count];
      weight = new float[count];
      float scale = (float) extent / scaled;
      int start = (scaled - count) / 2;
      for (int i = 0; i < count; i++) {
        float position = Math.max(0, scale * (start + i + 0.5f) - 0.5f);
        first[i] = Math.min((int) position, extent - 1);
        second[i] = Math.min(first[i] + 1, extent - 1);
        weight[i] = Math.min(Math.max(position - first[i], 0), 1);
      }
    }
  }

  ResizeAndCrop(PictureSize from, PictureSize to) {
    this.from = from;
    this.to = to;
    double ratio =
        Math.max((double) to.height() / from.height(), (double) to.width() / from.width());
    this.rows =
        new Axis(from.height(), Math.max(to.height(), (int) (from.height() * ratio)), to.height());
    this.columns =
        new Axis(from.width(), Math.max(to.width(), (int) (from.width() * ratio)), to.width());
  }

  /**
   * One channel.
   *
   * @param values hold it from {@code offset} on, row by row
   * @return the channel at the new size
   */
  float[] apply(float[] values, int offset) {
    float[] result = new float[to.height() * to.width()];
    for (int y = 0; y < to.height(); y++) {
      int above = offset + rows.first[y] * from.width();
      int below = offset + rows.second[y] * from.width();
      float down = rows.weight[y];
      for (int x = 0; x < to.width(); x++) {
        int left = columns.first[x];
        int right = columns.second[x];
        float along = columns.weight[x];
        float upper = (1 - along) * values[above + left] + along * values[above + right];
        float lower = (1 - along) * values[below + left] + along * values[below + right];
        result[y * to.width() + x] = (1 - down) * upper + down * lower;
      }
    }
    return result;
  }
}
