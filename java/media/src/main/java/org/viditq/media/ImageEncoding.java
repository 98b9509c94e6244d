package org.viditq.media;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Files that one of Java's image writers makes in memory. */
final class ImageEncoding {
  private ImageEncoding() {}

  /** What is written with a writer whose output is set. */
  interface Content {
    void writeTo(ImageWriter writer) throws IOException;
  }

  /**
   * @param format as Java names it
   * @return the bytes of the file
   */
  static byte[] of(String format, Content content) {
    ImageWriter writer = ImageIO.getImageWritersByFormatName(format).next();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ImageOutputStream stream = new MemoryCacheImageOutputStream(bytes)) {
      writer.setOutput(stream);
      content.writeTo(writer);
    } catch (IOException impossible) {
      // Nothing is written but memory.
      throw new UncheckedIOException(impossible);
    } finally {
      writer.dispose();
    }
    return bytes.toByteArray();
  }
}
