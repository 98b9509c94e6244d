package org.viditq.media;

import com.twelvemonkeys.image.ImageUtil;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * The 256 colours that all frames of a GIF file share, so that what does not move does not flicker.
 */
final class GifPalette {
  private static final int COLOURS = 256;

  /** Of errors that Floyd and Steinberg hand to the right, below left, below, below right. */
  private static final int RIGHT = 7;

  private static final int BELOW_LEFT = 3;
  private static final int BELOW = 5;
  private static final int BELOW_RIGHT = 1;
  private static final int ALL = 16;

  private final int[] colours;

  /** By colour, where it is known. */
  private final byte[] nearest = new byte[1 << 24];

  private final BitSet known = new BitSet();

  private GifPalette(int[] colours) {
    this.colours = colours;
  }

  /** The colours of the frames where there are no more than 256, otherwise chosen by median cut. */
  static GifPalette of(List<FramePixels> frames) {
    int[] distinct =
        frames.stream()
            .flatMapToInt(frame -> Arrays.stream(frame.rgb()))
            .distinct()
            .limit(COLOURS + 1L)
            .sorted()
            .toArray();
    return new GifPalette(distinct.length <= COLOURS ? distinct : medianCut(frames));
  }

  private static int[] medianCut(List<FramePixels> frames) {
    FramePixels first = frames.get(0);
    BufferedImage strip =
        new BufferedImage(
            first.width(),
            Math.multiplyExact(first.height(), frames.size()),
            BufferedImage.TYPE_INT_RGB);
    for (int t = 0; t < frames.size(); t++) {
      strip.setRGB(
          0,
          t * first.height(),
          first.width(),
          first.height(),
          frames.get(t).rgb(),
          0,
          first.width());
    }
    // Without the dither of this library, which draws from an unseeded generator.
    IndexColorModel model =
        (IndexColorModel)
            ImageUtil.createIndexed(
                    strip,
                    COLOURS,
                    Color.BLACK,
                    ImageUtil.DITHER_NONE
                        | ImageUtil.COLOR_SELECTION_QUALITY
                        | ImageUtil.TRANSPARENCY_OPAQUE)
                .getColorModel();
    int[] colours = new int[model.getMapSize()];
    model.getRGBs(colours);
    for (int i = 0; i < colours.length; i++) {
      colours[i] &= 0xffffff;
    }
    return colours;
  }

  /** For an image of this palette's indices. */
  IndexColorModel model() {
    byte[] red = new byte[COLOURS];
    byte[] green = new byte[COLOURS];
    byte[] blue = new byte[COLOURS];
    for (int i = 0; i < colours.length; i++) {
      red[i] = (byte) (colours[i] >> 16);
      green[i] = (byte) (colours[i] >> 8);
      blue[i] = (byte) colours[i];
    }
    return new IndexColorModel(Byte.SIZE, COLOURS, red, green, blue);
  }

  /** The index of every pixel, that of the nearest colour in RGB. */
  byte[] map(FramePixels frame) {
    byte[] indices = new byte[frame.rgb().length];
    for (int i = 0; i < indices.length; i++) {
      indices[i] = nearest(frame.rgb()[i] & 0xffffff);
    }
    return indices;
  }

  /**
   * The index of every pixel with the error of each handed on to its neighbours: R. Floyd, L.
   * Steinberg, An adaptive algorithm for spatial grey scale, 1976. Errors are whole sixteenths, so
   * that a frame always gives the same indices.
   */
  byte[] mapDithered(FramePixels frame) {
    int width = frame.width();
    byte[] indices = new byte[frame.rgb().length];
    // Per channel, with a column on either side.
    int[][] errors = new int[3][width + 2];
    int[][] errorsBelow = new int[3][width + 2];
    for (int y = 0; y < frame.height(); y++) {
      for (int x = 0; x < width; x++) {
        int at = y * width + x;
        int wanted = 0;
        for (int channel = 0; channel < 3; channel++) {
          int value = channel(frame.rgb()[at], channel) + errors[channel][x + 1] / ALL;
          wanted = wanted << Byte.SIZE | Math.max(0, Math.min(255, value));
        }
        indices[at] = nearest(wanted);
        int found = colours[indices[at] & 0xff];
        for (int channel = 0; channel < 3; channel++) {
          int error = channel(wanted, channel) - channel(found, channel);
          errors[channel][x + 2] += error * RIGHT;
          errorsBelow[channel][x] += error * BELOW_LEFT;
          errorsBelow[channel][x + 1] += error * BELOW;
          errorsBelow[channel][x + 2] += error * BELOW_RIGHT;
        }
      }
      int[][] used = errors;
      errors = errorsBelow;
      errorsBelow = used;
      for (int[] row : errorsBelow) {
        Arrays.fill(row, 0);
      }
    }
    return indices;
  }

  private static int channel(int rgb, int channel) {
    return rgb >> (2 - channel) * Byte.SIZE & 0xff;
  }

  private byte nearest(int rgb) {
    if (known.get(rgb)) {
      return nearest[rgb];
    }
    int best = 0;
    int least = Integer.MAX_VALUE;
    for (int i = 0; i < colours.length; i++) {
      int red = channel(rgb, 0) - channel(colours[i], 0);
      int green = channel(rgb, 1) - channel(colours[i], 1);
      int blue = channel(rgb, 2) - channel(colours[i], 2);
      int distance = red * red + green * green + blue * blue;
      if (distance < least) {
        least = distance;
        best = i;
      }
    }
    known.set(rgb);
    nearest[rgb] = (byte) best;
    return (byte) best;
  }
}
