package org.viditq.core.model.vae;

import java.util.function.UnaryOperator;
import org.viditq.core.tensor.Tensor;

/**
 * Decodes latents tile by tile and blends the tiles, as {@code AutoencoderKL.tiled_decode} of
 * diffusers does: where tiles overlap, the weight of the tile above or to the left falls linearly
 * from 1, that of the new tile rises from 0. A tile is blended with the one above first.
 *
 * <p>Besides the picture, memory holds one tile and the edges that the next ones are blended with.
 */
public final class TiledPicture {
  private final Tiling tiling;
  private final int factor;

  /**
   * @param factor pixels per latent along each side
   */
  public TiledPicture(Tiling tiling, int factor) {
    this.tiling = tiling;
    this.factor = factor;
  }

  /**
   * Decodes latents, as a whole where one tile covers them.
   *
   * @param latents [N, C, h, w]
   * @param decode from a tile [N, C, h', w'] to [N, channels, h' * factor, w' * factor]
   * @param channels of the pictures
   * @return [N, channels, h * factor, w * factor]
   */
  public Tensor decode(Tensor latents, int channels, UnaryOperator<Tensor> decode) {
    int count = latents.dim(0);
    int height = latents.dim(2);
    int width = latents.dim(3);
    if (tiling.covers(height, width)) {
      return decode.apply(latents);
    }
    int step = tiling.step();
    Tensor picture = Tensor.zeros(count, channels, height * factor, width * factor);
    Tensor[] above = new Tensor[(width + step - 1) / step];
    for (int y = 0; y < height; y += step) {
      Tensor left = null;
      for (int x = 0; x < width; x += step) {
        int rows = Math.min(tiling.size(), height - y);
        int columns = Math.min(tiling.size(), width - x);
        Tensor tile = decode.apply(window(latents, y, x, rows, columns));
        if (y > 0) {
          blendRows(above[x / step], tile);
        }
        if (left != null) {
          blendColumns(left, tile);
        }
        copy(tile, picture, y * factor, x * factor);
        int edge = tiling.overlap() * factor;
        int tileRows = tile.dim(2);
        int tileColumns = tile.dim(3);
        int kept = Math.min(edge, tileRows);
        above[x / step] = window(tile, tileRows - kept, 0, kept, tileColumns);
        kept = Math.min(edge, tileColumns);
        left = window(tile, 0, tileColumns - kept, tileRows, kept);
      }
    }
    return picture;
  }

  /** Rows and columns of x [N, C, H, W]. */
  private static Tensor window(Tensor x, int top, int left, int rows, int columns) {
    int planes = x.dim(0) * x.dim(1);
    int width = x.dim(3);
    float[] values = new float[planes * rows * columns];
    for (int p = 0; p < planes; p++) {
      for (int r = 0; r < rows; r++) {
        int from = (p * x.dim(2) + top + r) * width + left;
        System.arraycopy(x.data(), from, values, (p * rows + r) * columns, columns);
      }
    }
    return Tensor.of(values, x.dim(0), x.dim(1), rows, columns);
  }

  /** Blends the first rows of a tile with the last ones above it. */
  private static void blendRows(Tensor above, Tensor tile) {
    int extent = Math.min(above.dim(2), tile.dim(2));
    int width = tile.dim(3);
    for (int p = 0; p < tile.dim(0) * tile.dim(1); p++) {
      for (int r = 0; r < extent; r++) {
        int a = (p * above.dim(2) + above.dim(2) - extent + r) * width;
        int b = (p * tile.dim(2) + r) * width;
        for (int c = 0; c < width; c++) {
          blend(above, a + c, tile, b + c, r, extent);
        }
      }
    }
  }

  /** Blends the first columns of a tile with the last ones to the left of it. */
  private static void blendColumns(Tensor left, Tensor tile) {
    int extent = Math.min(left.dim(3), tile.dim(3));
    for (int row = 0; row < tile.dim(0) * tile.dim(1) * tile.dim(2); row++) {
      int a = row * left.dim(3) + left.dim(3) - extent;
      int b = row * tile.dim(3);
      for (int c = 0; c < extent; c++) {
        blend(left, a + c, tile, b + c, c, extent);
      }
    }
  }

  private static void blend(Tensor before, int a, Tensor tile, int b, int index, int extent) {
    double share = index / (double) extent;
    float[] values = tile.data();
    values[b] = before.data()[a] * (float) (1 - share) + values[b] * (float) share;
  }

  /** The part of a tile that the next ones do not begin in. */
  private void copy(Tensor tile, Tensor picture, int top, int left) {
    int rows = Math.min(tile.dim(2), tiling.step() * factor);
    int columns = Math.min(tile.dim(3), tiling.step() * factor);
    for (int p = 0; p < tile.dim(0) * tile.dim(1); p++) {
      for (int r = 0; r < rows; r++) {
        int from = (p * tile.dim(2) + r) * tile.dim(3);
        int to = (p * picture.dim(2) + top + r) * picture.dim(3) + left;
        System.arraycopy(tile.data(), from, picture.data(), to, columns);
      }
    }
  }
}
