package org.viditq.core.model.embedding;

import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Tensor;

/**
 * Cosines and sines of the two-dimensional rotary embedding, for {@link
 * org.viditq.core.operators.Operators#rotary}. Su et al., "RoFormer"; the grid rule is
 * HunyuanDiT's.
 *
 * @param cos [height * width, headDim], rows in order h * width + w
 * @param sin likewise
 */
public record RotaryTable(Tensor cos, Tensor sin) {
  private static final double MAX_PERIOD = 10_000;

  /**
   * The first headDim/2 channels turn by the column position, the others by the row position;
   * frequency j is 10000^(-2j / (headDim/2)) and stands twice in a row. Along an axis of n patches
   * that lies at [start, stop) of the crop region, positions run evenly from start to stop * (n-1)
   * / n.
   *
   * @param headDim channels per head, a multiple of 4
   * @param base patches along one side of the square training grid
   */
  public static RotaryTable grid(int headDim, int height, int width, int base) {
    if (headDim <= 0 || headDim % 4 != 0) {
      throw new ShapeException(
          "A rotary table needs a head dimension divisible by 4, not " + headDim + ".");
    }
    if (height <= 0 || width <= 0 || base <= 0) {
      throw new ShapeException(
          "A rotary table needs positive extents, not "
              + height
              + " x "
              + width
              + " with base "
              + base
              + ".");
    }
    if ((long) height * width > Integer.MAX_VALUE / headDim) {
      throw new ShapeException(
          "A rotary table of "
              + height
              + " x "
              + width
              + " positions with "
              + headDim
              + " channels is too large.");
    }
    CropRegion region = CropRegion.fit(height, width, base);
    float[] rows = positions(region.top(), region.bottom(), height);
    float[] columns = positions(region.left(), region.right(), width);
    float[] cos = new float[height * width * headDim];
    float[] sin = new float[cos.length];
    int half = headDim / 2;
    for (int h = 0; h < height; h++) {
      for (int w = 0; w < width; w++) {
        int at = (h * width + w) * headDim;
        turn(columns[w], half, cos, sin, at);
        turn(rows[h], half, cos, sin, at + half);
      }
    }
    return new RotaryTable(
        Tensor.of(cos, height * width, headDim), Tensor.of(sin, height * width, headDim));
  }

  private static void turn(float position, int channels, float[] cos, float[] sin, int offset) {
    for (int c = 0; c < channels; c += 2) {
      double angle = position * Math.pow(MAX_PERIOD, -(double) c / channels);
      cos[offset + c] = cos[offset + c + 1] = (float) Math.cos(angle);
      sin[offset + c] = sin[offset + c + 1] = (float) Math.sin(angle);
    }
  }

  private static float[] positions(int start, int stop, int count) {
    double last = stop * (double) (count - 1) / count;
    float[] positions = new float[count];
    positions[0] = start;
    for (int i = 1; i < count; i++) {
      positions[i] = (float) (start + i * (last - start) / (count - 1));
    }
    return positions;
  }
}
