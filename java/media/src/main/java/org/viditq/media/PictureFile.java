package org.viditq.media;

import com.twelvemonkeys.image.ResampleOp;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.Raster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import org.viditq.core.error.Printable;
import org.viditq.core.error.UsageException;
import org.viditq.core.io.IoReason;
import org.viditq.core.io.Placeholder;
import org.viditq.core.model.size.PictureSize;
import org.viditq.core.pipeline.Image;
import org.viditq.core.tensor.Tensor;

/**
 * A picture that somebody gives: PNG, JPEG or WebP, the first frame of an animation. As Pillow's
 * {@code convert("RGB")} has it: transparency is dropped, gray becomes three equal channels, colour
 * profiles do not count; a JPEG is turned as its EXIF block says.
 */
public final class PictureFile {
  private static final List<String> FORMATS = List.of("png", "jpeg", "webp");

  /** Pixels of a file; far above what a model can start from, and below what fills the heap. */
  private static final long MOST_PIXELS = 100_000_000;

  /** Bytes that tell what was downloaded in place of a picture. */
  private static final int START = 512;

  private final BufferedImage pixels;

  private PictureFile(BufferedImage pixels) {
    this.pixels = pixels;
  }

  /**
   * Reads a file, whatever its ending.
   *
   * @throws UsageException if it is no such picture, is damaged, or has absurdly many pixels
   */
  public static PictureFile read(Path file) {
    return read(file, MOST_PIXELS);
  }

  /**
   * As {@link #read(Path)}, with another limit.
   *
   * @param mostPixels of the file; a larger picture is refused before anything is made for it
   */
  public static PictureFile read(Path file, long mostPixels) {
    String shown = Printable.line(file.toString());
    if (!Files.isRegularFile(file)) {
      throw new UsageException(
          Files.exists(file) ? shown + " is no file." : "There is no picture " + shown + ".");
    }
    try (ImageInputStream stream = ImageIO.createImageInputStream(file.toFile())) {
      if (stream == null) {
        throw new UsageException("Cannot read the picture " + shown + ".");
      }
      ImageReader reader = reader(stream, shown);
      try {
        reader.setInput(stream, true, false);
        return new PictureFile(read(reader, shown, mostPixels));
      } finally {
        reader.dispose();
      }
    } catch (UsageException refused) {
      throw refused;
    } catch (IOException e) {
      throw damaged(shown, IoReason.of(e), e);
    } catch (RuntimeException e) {
      // What readers throw at bytes that they did not expect.
      throw damaged(shown, "it cannot be decoded", e);
    }
  }

  private static UsageException damaged(String shown, String reason, Exception cause) {
    return new UsageException(
        "Cannot read the picture " + shown + ": " + Printable.name(reason) + ".", cause);
  }

  private static ImageReader reader(ImageInputStream stream, String shown) throws IOException {
    for (Iterator<ImageReader> all = ImageIO.getImageReaders(stream); all.hasNext(); ) {
      ImageReader reader = all.next();
      if (FORMATS.contains(reader.getFormatName().toLowerCase(Locale.ROOT))) {
        return reader;
      }
    }
    stream.seek(0);
    byte[] start = new byte[START];
    int length = Math.max(0, stream.read(start));
    throw new UsageException(
        Placeholder.of(Arrays.copyOf(start, length))
            .map(placeholder -> placeholder.refusal("The picture " + shown))
            .orElse(shown + " is no PNG, JPEG or WebP picture; convert it to one of these."));
  }

  private static BufferedImage read(ImageReader reader, String shown, long mostPixels)
      throws IOException {
    int width = reader.getWidth(0);
    int height = reader.getHeight(0);
    if ((long) width * height > mostPixels) {
      throw new UsageException(
          "The picture "
              + shown
              + " of "
              + width
              + " x "
              + height
              + " pixels is larger than the "
              + mostPixels
              + " pixels allowed; scale it down first.");
    }
    BufferedImage rgb = toRgb(reader.read(0));
    return reader.getFormatName().equalsIgnoreCase("jpeg")
        ? Orientation.of(reader).apply(rgb)
        : rgb;
  }

  private static BufferedImage toRgb(BufferedImage image) {
    BufferedImage rgb =
        new BufferedImage(image.getWidth(), image.getHeight(), BufferedImage.TYPE_INT_RGB);
    ColorModel colors = image.getColorModel();
    boolean plain =
        colors instanceof ComponentColorModel
            && !colors.isAlphaPremultiplied()
            && (colors.getTransferType() == DataBuffer.TYPE_BYTE
                || colors.getTransferType() == DataBuffer.TYPE_USHORT);
    Raster raster = image.getRaster();
    // Samples as they are: Java would convert grays and profiles to its own idea of sRGB.
    int shift = plain && colors.getTransferType() == DataBuffer.TYPE_USHORT ? 8 : 0;
    int bands = plain ? colors.getNumColorComponents() : 0;
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        int value;
        if (bands == 1) {
          value = (raster.getSample(x, y, 0) >> shift & 0xff) * 0x010101;
        } else if (bands == 3) {
          value =
              (raster.getSample(x, y, 0) >> shift & 0xff) << 16
                  | (raster.getSample(x, y, 1) >> shift & 0xff) << 8
                  | raster.getSample(x, y, 2) >> shift & 0xff;
        } else {
          value = image.getRGB(x, y);
        }
        rgb.setRGB(x, y, value);
      }
    }
    return rgb;
  }

  public PictureSize size() {
    return new PictureSize(pixels.getHeight(), pixels.getWidth());
  }

  /**
   * The picture at a size: cropped evenly to its shape, then scaled with a Lanczos filter; as it is
   * if it has that size.
   */
  public Image fitted(PictureSize size) {
    BufferedImage cropped = cropped(size);
    boolean same = cropped.getWidth() == size.width() && cropped.getHeight() == size.height();
    BufferedImage scaled =
        same
            ? cropped
            : new ResampleOp(size.width(), size.height(), ResampleOp.FILTER_LANCZOS)
                .filter(cropped, null);
    float[] values = new float[size.height() * size.width() * 3];
    int at = 0;
    for (int y = 0; y < size.height(); y++) {
      for (int x = 0; x < size.width(); x++) {
        int value = scaled.getRGB(x, y);
        values[at++] = (value >> 16 & 0xff) / 255f;
        values[at++] = (value >> 8 & 0xff) / 255f;
        values[at++] = (value & 0xff) / 255f;
      }
    }
    return new Image(Tensor.of(values, size.height(), size.width(), 3));
  }

  private BufferedImage cropped(PictureSize size) {
    double scale =
        Math.min(
            (double) pixels.getHeight() / size.height(), (double) pixels.getWidth() / size.width());
    int height = Math.min(pixels.getHeight(), Math.max(1, (int) Math.rint(size.height() * scale)));
    int width = Math.min(pixels.getWidth(), Math.max(1, (int) Math.rint(size.width() * scale)));
    return pixels.getSubimage(
        (pixels.getWidth() - width) / 2, (pixels.getHeight() - height) / 2, width, height);
  }
}
