package org.viditq.core.model.size;

import org.viditq.core.error.UsageException;

/**
 * Extents of a picture in pixels.
 *
 * @param height at least 1
 * @param width at least 1
 */
public record PictureSize(int height, int width) {
  public PictureSize {
    if (height < 1 || width < 1) {
      throw new UsageException(
          "A picture of " + width + " x " + height + " pixels cannot be made.");
    }
  }

  /** Height divided by width. */
  public double aspectRatio() {
    return (double) height / width;
  }

  /** As people write it, the width first. */
  @Override
  public String toString() {
    return width + "x" + height;
  }
}
