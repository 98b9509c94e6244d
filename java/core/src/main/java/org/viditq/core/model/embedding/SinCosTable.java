package org.viditq.core.model.embedding;

import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Tensor;

/**
 * Fixed sine-cosine position tables (Vaswani et al., "Attention Is All You Need", section 3.5; the
 * two-dimensional form as in MAE, He et al. 2021). Sines are evaluated in float64 and rounded once.
 */
public final class SinCosTable {
  private static final double MAX_PERIOD = 10_000;

  private SinCosTable() {}

  /**
   * The table of Latte (scale 1) and of Open-Sora's temporal axis.
   *
   * @param dimension channels, even
   * @param timeScale position = index / timeScale
   * @return [length, dimension]; per row sin(p w) | cos(p w) with w_j = 10000^(-j / (dimension/2))
   */
  public static Tensor sequence(int dimension, int length, double timeScale) {
    requireMultiple(dimension, 2);
    float[] table = new float[length * dimension];
    double[] frequencies = frequencies(dimension / 2);
    for (int i = 0; i < length; i++) {
      encode(i / timeScale, frequencies, table, i * dimension);
    }
    return Tensor.of(table, length, dimension);
  }

  /**
   * The table of PixArt, diffusers and (without base) Open-Sora over a grid of patches.
   *
   * <p>The first half of the channels encodes the column, the second half the row; each half is sin
   * | cos with w_j = 10000^(-j / (dimension/4)). Positions are rounded to float32 as the published
   * code does.
   *
   * @param dimension channels, a multiple of 4
   * @param grid patches per axis and how indices become positions
   * @return [height * width, dimension], rows in order h * width + w
   */
  public static Tensor grid(int dimension, PositionGrid grid) {
    requireMultiple(dimension, 4);
    int height = grid.height();
    int width = grid.width();
    int half = dimension / 2;
    double[] frequencies = frequencies(half / 2);
    float[] rows = encodeAll(grid.rowPositions(), frequencies);
    float[] columns = encodeAll(grid.columnPositions(), frequencies);
    float[] table = new float[height * width * dimension];
    for (int h = 0; h < height; h++) {
      for (int w = 0; w < width; w++) {
        int at = (h * width + w) * dimension;
        System.arraycopy(columns, w * half, table, at, half);
        System.arraycopy(rows, h * half, table, at + half, half);
      }
    }
    return Tensor.of(table, height * width, dimension);
  }

  private static float[] encodeAll(float[] positions, double[] frequencies) {
    int channels = 2 * frequencies.length;
    float[] encoded = new float[positions.length * channels];
    for (int i = 0; i < positions.length; i++) {
      encode(positions[i], frequencies, encoded, i * channels);
    }
    return encoded;
  }

  private static void encode(double position, double[] frequencies, float[] table, int offset) {
    for (int j = 0; j < frequencies.length; j++) {
      double angle = position * frequencies[j];
      table[offset + j] = (float) Math.sin(angle);
      table[offset + frequencies.length + j] = (float) Math.cos(angle);
    }
  }

  private static double[] frequencies(int count) {
    double[] frequencies = new double[count];
    for (int j = 0; j < count; j++) {
      frequencies[j] = Math.pow(MAX_PERIOD, -(double) j / count);
    }
    return frequencies;
  }

  private static void requireMultiple(int dimension, int divisor) {
    if (dimension <= 0 || dimension % divisor != 0) {
      throw new ShapeException(
          "A sine-cosine position table needs a channel count divisible by "
              + divisor
              + ", not "
              + dimension
              + ".");
    }
  }
}
