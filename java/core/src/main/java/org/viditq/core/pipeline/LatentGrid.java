package org.viditq.core.pipeline;

import org.viditq.core.error.UsageException;

/**
 * How pictures relate to latents.
 *
 * @param pixelsPerLatent pixels along a side of a latent: the VAE's factor
 * @param latentsPerPatch latents along a side of a transformer patch
 */
public record LatentGrid(int pixelsPerLatent, int latentsPerPatch) {
  /** Pixels along a side; far above what attention over all patches can be computed for. */
  private static final int MAX_SIDE = 16_384;

  /** Picture sides must be multiples of this many pixels. */
  public int pixelsPerPatch() {
    return pixelsPerLatent * latentsPerPatch;
  }

  /** Latents along a side of {@code pixels}. */
  int extent(int pixels) {
    return pixels / pixelsPerLatent;
  }

  /**
   * @throws UsageException if pictures of that size cannot be cut into patches or are absurdly
   *     large
   */
  public void requireSize(int height, int width) {
    requireSide("height", height);
    requireSide("width", width);
  }

  private void requireSide(String side, int pixels) {
    if (pixels > MAX_SIDE) {
      throw new UsageException(
          "The " + side + " of " + pixels + " pixels is more than the " + MAX_SIDE + " allowed.");
    }
    int unit = pixelsPerPatch();
    if (pixels % unit == 0) {
      return;
    }
    int below = pixels / unit * unit;
    String allowed = below == 0 ? String.valueOf(unit) : below + " or " + (below + unit);
    throw new UsageException(
        "The "
            + side
            + " of "
            + pixels
            + " pixels is not a multiple of "
            + unit
            + ", as this model needs; take "
            + allowed
            + ".");
  }
}
