package org.viditq.core.pipeline;

import org.viditq.core.error.UsageException;
import org.viditq.core.model.LatentGeometry;
import org.viditq.core.model.size.PictureSize;

/**
 * How pictures relate to latents.
 *
 * @param pixelsPerLatent pixels along a side of a latent: the VAE's factor
 * @param latents of the model
 */
public record LatentGrid(int pixelsPerLatent, LatentGeometry latents) {
  /** Pixels along a side; far above what attention over all patches can be computed for. */
  private static final int MAX_SIDE = 16_384;

  /** Frames of a clip; likewise. */
  private static final int MAX_FRAMES = 4096;

  /** Picture heights must be multiples of this many pixels. */
  public int pixelsPerPatchRow() {
    return pixelsPerLatent * latents.patch().height();
  }

  /** Picture widths must be multiples of this many pixels. */
  public int pixelsPerPatchColumn() {
    return pixelsPerLatent * latents.patch().width();
  }

  /** Extents of the latents of a request. */
  public int[] shape(int batch, int frames, int height, int width) {
    return latents.shape(batch, frames, height / pixelsPerLatent, width / pixelsPerLatent);
  }

  /**
   * @throws UsageException if clips of that size cannot be cut into patches or are absurdly large
   */
  public void requireSize(int frames, int height, int width) {
    requireSide("height", height, pixelsPerPatchRow());
    requireSide("width", width, pixelsPerPatchColumn());
    if (!latents.isVideo() && frames > 1) {
      throw new UsageException(
          "This model makes pictures, not clips of " + frames + " frames; leave the frames out.");
    }
    if (frames > MAX_FRAMES) {
      throw new UsageException(
          "A clip of " + frames + " frames is more than the " + MAX_FRAMES + " allowed.");
    }
    if (frames % latents.patch().frames() != 0) {
      throw new UsageException(
          "The number of frames is "
              + frames
              + ", but must be a multiple of "
              + latents.patch().frames()
              + ", as this model needs"
              + nearest(frames, latents.patch().frames())
              + ".");
    }
  }

  /**
   * @throws UsageException if pictures that are scaled to that size are absurdly large
   */
  static void requireFinalSize(PictureSize size) {
    requireSide("height", size.height());
    requireSide("width", size.width());
  }

  private static void requireSide(String side, int pixels) {
    if (pixels < 1 || pixels > MAX_SIDE) {
      throw new UsageException(
          "The "
              + side
              + " of "
              + pixels
              + " pixels is "
              + (pixels < 1 ? "too small" : "more than the " + MAX_SIDE + " allowed")
              + ".");
    }
  }

  private static void requireSide(String side, int pixels, int unit) {
    requireSide(side, pixels);
    if (pixels % unit == 0) {
      return;
    }
    throw new UsageException(
        "The "
            + side
            + " of "
            + pixels
            + " pixels is not a multiple of "
            + unit
            + ", as this model needs"
            + nearest(pixels, unit)
            + ".");
  }

  private static String nearest(int value, int unit) {
    int below = value / unit * unit;
    return "; take " + (below == 0 ? String.valueOf(unit) : below + " or " + (below + unit));
  }
}
