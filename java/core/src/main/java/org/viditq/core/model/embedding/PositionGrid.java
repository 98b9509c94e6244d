package org.viditq.core.model.embedding;

import java.util.OptionalInt;
import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Shape;

/**
 * A grid of patches and the rule that turns an index along an axis of n patches into a position:
 * index * base / n / scale with a base (diffusers, PixArt), index / scale without (Open-Sora). The
 * base keeps positions of other sizes within the span seen in training.
 *
 * @param height patches per column
 * @param width patches per row
 * @param base patches along one axis of the training size
 * @param scale interpolation_scale (diffusers), pe_interpolation (PixArt) or space_scale
 *     (Open-Sora)
 */
public record PositionGrid(int height, int width, OptionalInt base, double scale) {
  public PositionGrid {
    if (height <= 0 || width <= 0 || scale <= 0 || base.orElse(1) <= 0) {
      throw new ShapeException(
          "A position grid needs positive extents, base and scale, not "
              + height
              + " x "
              + width
              + ", base "
              + base.orElse(1)
              + ", scale "
              + scale
              + ".");
    }
  }

  /** The rule of diffusers and PixArt. */
  public static PositionGrid relativeTo(int base, int height, int width, double scale) {
    return new PositionGrid(height, width, OptionalInt.of(base), scale);
  }

  /**
   * The rule of diffusers and PixArt for the patches of latents.
   *
   * @param sampleSize rows, and columns, of the training latents
   * @param patch rows, and columns, of latents that make a patch
   * @param latents [.., H, W], whose remainders of less than a patch have no position
   */
  public static PositionGrid ofLatents(int sampleSize, int patch, Shape latents, double scale) {
    return relativeTo(sampleSize / patch, latents.dim(-2) / patch, latents.dim(-1) / patch, scale);
  }

  /** The rule of Open-Sora. */
  public static PositionGrid absolute(int height, int width, double scale) {
    return new PositionGrid(height, width, OptionalInt.empty(), scale);
  }

  float[] rowPositions() {
    return positions(height);
  }

  float[] columnPositions() {
    return positions(width);
  }

  // Each division rounds to float32, as in the published NumPy code.
  private float[] positions(int extent) {
    float perBase = base.isPresent() ? (float) (extent / (double) base.getAsInt()) : 1;
    float[] positions = new float[extent];
    for (int i = 0; i < extent; i++) {
      positions[i] = i / perBase / (float) scale;
    }
    return positions;
  }
}
