package org.viditq.core.model.layer;

import org.viditq.core.operators.Operators;

/** Puts the features of patch tokens back to where the patches lie. */
public final class Unpatchify {
  private Unpatchify() {}

  /**
   * Feature (ph * P + pw) * C + c of token h * width + w becomes channel c at (h * P + ph, w * P +
   * pw).
   *
   * @param x [B, height * width, P * P * C]
   * @param height patches per column
   * @param width patches per row
   * @param patch P, the patch's side
   * @param channels C
   * @return [B, C, height * P, width * P]
   */
  public static <V> V image(
      Operators<V> operators, V x, int height, int width, int patch, int channels) {
    int batch = operators.shape(x).dim(0);
    V split = operators.reshape(x, batch, height, width, patch, patch, channels);
    V moved = operators.permute(split, 0, 5, 1, 3, 2, 4);
    return operators.reshape(moved, batch, channels, height * patch, width * patch);
  }

  /**
   * As {@link #image}, for videos: the feature index is ((pt * Ph + ph) * Pw + pw) * C + c.
   *
   * @param grid patches along time, height and width
   * @param patch extents of a patch along the same axes
   * @return [B, C, T * Pt, H * Ph, W * Pw]
   */
  public static <V> V video(Operators<V> operators, V x, int[] grid, int[] patch, int channels) {
    int batch = operators.shape(x).dim(0);
    V split =
        operators.reshape(
            x, batch, grid[0], grid[1], grid[2], patch[0], patch[1], patch[2], channels);
    V moved = operators.permute(split, 0, 7, 1, 4, 2, 5, 3, 6);
    return operators.reshape(
        moved, batch, channels, grid[0] * patch[0], grid[1] * patch[1], grid[2] * patch[2]);
  }
}
