package org.viditq.core.model.vae;

import org.viditq.core.error.ShapeException;

/**
 * How latents are cut into tiles that are decoded one by one: squares that overlap their
 * neighbours, so that decoded tiles can fade into each other.
 *
 * @param size side of a tile, in latents
 * @param overlap what a tile shares with the next one, in latents
 */
public record Tiling(int size, int overlap) {
  /** diffusers' {@code tile_overlap_factor}, 0.25. */
  private static final int OVERLAP_DIVISOR = 4;

  public Tiling {
    if (size < 1 || overlap < 0 || overlap >= size) {
      throw new ShapeException(
          "Tiles of "
              + size
              + " latents cannot overlap by "
              + overlap
              + "; the overlap must be less than the tile.");
    }
  }

  /** Tiles that overlap by a quarter of their side, as in diffusers. */
  public static Tiling ofSide(int size) {
    return new Tiling(size, size / OVERLAP_DIVISOR);
  }

  /** From one tile to the next, in latents. */
  int step() {
    return size - overlap;
  }

  /** Whether one tile covers everything. */
  boolean covers(int height, int width) {
    return height <= size && width <= size;
  }
}
