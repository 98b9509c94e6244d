package org.viditq.media;

import com.twelvemonkeys.imageio.metadata.Entry;
import com.twelvemonkeys.imageio.metadata.tiff.TIFF;
import com.twelvemonkeys.imageio.metadata.tiff.TIFFReader;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import javax.imageio.ImageReader;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.w3c.dom.NodeList;

/**
 * How a camera was held, as EXIF's tag Orientation says (Exif 2.32, section 4.6.4): where the rows
 * and columns of a file belong in the picture that is seen.
 *
 * @param value 1 to 8; 1 for a picture that is stored as it is seen
 */
record Orientation(int value) {
  private static final byte[] EXIF = "Exif\0\0".getBytes(StandardCharsets.US_ASCII);
  private static final String APP1 = "225";

  /** That of a JPEG file; 1 where nothing, or nothing sensible, is said. */
  static Orientation of(ImageReader jpeg) {
    try {
      IIOMetadata metadata = jpeg.getImageMetadata(0);
      IIOMetadataNode root =
          (IIOMetadataNode) metadata.getAsTree(metadata.getNativeMetadataFormatName());
      NodeList markers = root.getElementsByTagName("unknown");
      for (int i = 0; i < markers.getLength(); i++) {
        IIOMetadataNode marker = (IIOMetadataNode) markers.item(i);
        if (marker.getAttribute("MarkerTag").equals(APP1)
            && marker.getUserObject() instanceof byte[] segment
            && segment.length > EXIF.length
            && Arrays.equals(segment, 0, EXIF.length, EXIF, 0, EXIF.length)) {
          return ofTiff(segment);
        }
      }
    } catch (IOException | RuntimeException damagedMetadata) {
      // The pixels are there all the same, and viewers show them as they are stored then.
      return new Orientation(1);
    }
    return new Orientation(1);
  }

  private static Orientation ofTiff(byte[] segment) throws IOException {
    try (ImageInputStream stream =
        new MemoryCacheImageInputStream(
            new ByteArrayInputStream(segment, EXIF.length, segment.length - EXIF.length))) {
      Entry entry = new TIFFReader().read(stream).getEntryById(TIFF.TAG_ORIENTATION);
      return entry != null && entry.getValue() instanceof Number number
          ? new Orientation(number.intValue())
          : new Orientation(1);
    }
  }

  /** The picture as it is seen. */
  BufferedImage apply(BufferedImage stored) {
    if (value < 2 || value > 8) {
      return stored;
    }
    boolean turned = value > 4; // rows of the file are columns of the picture
    int width = turned ? stored.getHeight() : stored.getWidth();
    int height = turned ? stored.getWidth() : stored.getHeight();
    boolean fromRight = value == 2 || value == 3 || value == 6 || value == 7;
    boolean fromBottom = value == 3 || value == 4 || value == 7 || value == 8;
    BufferedImage seen = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int across = fromRight ? width - 1 - x : x;
        int down = fromBottom ? height - 1 - y : y;
        seen.setRGB(x, y, turned ? stored.getRGB(down, across) : stored.getRGB(across, down));
      }
    }
    return seen;
  }
}
