package org.viditq.media;

import org.viditq.core.error.UsageException;

/**
 * How files are encoded.
 *
 * @param quality of the lossy formats JPEG, WebP and MP4, 1 (smallest file) to 100 (closest to the
 *     pixels); without effect on PNG and GIF
 * @param dither whether the 256 colours of GIF files are mixed by error diffusion; without it,
 *     areas are flat and files smaller
 */
public record EncodingOptions(int quality, boolean dither) {
  public static final EncodingOptions DEFAULT = new EncodingOptions(95, true);

  public EncodingOptions {
    if (quality < 1 || quality > 100) {
      throw new UsageException("The quality is " + quality + ", but must be from 1 to 100.");
    }
  }
}
