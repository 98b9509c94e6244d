package org.viditq.core.pipeline;

import java.awt.image.BufferedImage;
import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Tensor;

/**
 * A picture.
 *
 * @param pixels [H, W, 3], red, green, blue from 0 to 1
 */
public record Image(Tensor pixels) {
  private static final int CHANNELS = 3;

  public Image {
    if (pixels.shape().rank() != 3 || pixels.dim(2) != CHANNELS) {
      throw new ShapeException("An image must be [H, W, 3], not " + pixels.shape() + ".");
    }
  }

  public int height() {
    return pixels.dim(0);
  }

  public int width() {
    return pixels.dim(1);
  }

  /** Eight bits per channel: 255 times the value, rounded half to even as diffusers does. */
  public BufferedImage toBufferedImage() {
    BufferedImage image = new BufferedImage(width(), height(), BufferedImage.TYPE_INT_RGB);
    float[] values = pixels.data();
    for (int y = 0; y < height(); y++) {
      for (int x = 0; x < width(); x++) {
        int at = (y * width() + x) * CHANNELS;
        int rgb = eightBits(values[at]);
        rgb = rgb << 8 | eightBits(values[at + 1]);
        rgb = rgb << 8 | eightBits(values[at + 2]);
        image.setRGB(x, y, rgb);
      }
    }
    return image;
  }

  private static int eightBits(float value) {
    // The product is rounded to float32 first, as numpy does.
    return (int) Math.rint(Math.max(0, Math.min(1, value)) * 255f);
  }
}
