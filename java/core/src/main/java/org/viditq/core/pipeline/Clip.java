package org.viditq.core.pipeline;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Tensor;

/**
 * What a pipeline makes: a clip of frames; a picture is a clip of one.
 *
 * @param pixels [T, H, W, 3], red, green, blue from 0 to 1
 * @param framesPerSecond how fast it is meant to be shown; without meaning for a picture
 */
public record Clip(Tensor pixels, double framesPerSecond) {
  private static final int CHANNELS = 3;

  public Clip {
    if (pixels.shape().rank() != 4 || pixels.dim(0) < 1 || pixels.dim(3) != CHANNELS) {
      throw new ShapeException("A clip must be [T, H, W, 3], not " + pixels.shape() + ".");
    }
    if (!(framesPerSecond > 0 && Double.isFinite(framesPerSecond))) {
      throw new ShapeException(
          "A clip cannot be shown with " + framesPerSecond + " frames per second.");
    }
  }

  /**
   * @param frames of one size, at least one
   */
  public static Clip of(List<Image> frames, double framesPerSecond) {
    Tensor first = frames.get(0).pixels();
    float[] all = new float[Math.multiplyExact(frames.size(), first.size())];
    for (int t = 0; t < frames.size(); t++) {
      Tensor frame = frames.get(t).pixels();
      if (!frame.shape().equals(first.shape())) {
        throw new ShapeException(
            "Frames " + first.shape() + " and " + frame.shape() + " are no clip.");
      }
      System.arraycopy(frame.data(), 0, all, t * first.size(), first.size());
    }
    return new Clip(
        Tensor.of(all, frames.size(), first.dim(0), first.dim(1), CHANNELS), framesPerSecond);
  }

  /** Number of frames. */
  public int frames() {
    return pixels.dim(0);
  }

  public int height() {
    return pixels.dim(1);
  }

  public int width() {
    return pixels.dim(2);
  }

  public boolean isPicture() {
    return frames() == 1;
  }

  /** Frame {@code index}, from 0; a copy. */
  public Image frame(int index) {
    int size = height() * width() * CHANNELS;
    float[] values = Arrays.copyOfRange(pixels.data(), index * size, (index + 1) * size);
    return new Image(Tensor.of(values, height(), width(), CHANNELS));
  }

  /** All frames in order. */
  public List<Image> images() {
    List<Image> images = new ArrayList<>(frames());
    for (int t = 0; t < frames(); t++) {
      images.add(frame(t));
    }
    return images;
  }
}
