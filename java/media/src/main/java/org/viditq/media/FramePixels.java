package org.viditq.media;

import java.awt.image.BufferedImage;
import java.awt.image.DataBufferInt;
import org.viditq.core.pipeline.Image;

/**
 * A frame with eight bits per channel.
 *
 * @param rgb 0xRRGGBB, row by row
 */
record FramePixels(int width, int height, int[] rgb) {
  static FramePixels of(Image image) {
    BufferedImage pixels = image.toBufferedImage();
    return new FramePixels(
        image.width(),
        image.height(),
        ((DataBufferInt) pixels.getRaster().getDataBuffer()).getData());
  }

  /** The same with the last column and row repeated up to a size that is not smaller. */
  FramePixels extended(int wider, int taller) {
    if (wider == width && taller == height) {
      return this;
    }
    int[] extended = new int[Math.multiplyExact(wider, taller)];
    for (int y = 0; y < taller; y++) {
      int row = Math.min(y, height - 1) * width;
      for (int x = 0; x < wider; x++) {
        extended[y * wider + x] = rgb[row + Math.min(x, width - 1)];
      }
    }
    return new FramePixels(wider, taller, extended);
  }
}
