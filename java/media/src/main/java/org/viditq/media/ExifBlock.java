package org.viditq.media;

import com.twelvemonkeys.imageio.metadata.Entry;
import com.twelvemonkeys.imageio.metadata.exif.EXIF;
import com.twelvemonkeys.imageio.metadata.tiff.IFD;
import com.twelvemonkeys.imageio.metadata.tiff.TIFF;
import com.twelvemonkeys.imageio.metadata.tiff.TIFFEntry;
import com.twelvemonkeys.imageio.metadata.tiff.TIFFWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * {@link Provenance} as EXIF: the JSON object in UserComment, in UTF-16 and big-endian, which is
 * where programs for generated pictures look (Exif 2.32, section 4.6.5), and Software.
 */
final class ExifBlock {
  /** Fits a JPEG segment with everything around it; two bytes per character. */
  private static final int MOST_CHARACTERS = 32_000;

  private static final byte[] UNICODE = "UNICODE\0".getBytes(StandardCharsets.US_ASCII);

  private ExifBlock() {}

  /** A TIFF structure, without the identifier that JPEG wants before it. */
  static byte[] of(Provenance provenance) {
    ByteArrayOutputStream comment = new ByteArrayOutputStream();
    comment.writeBytes(UNICODE);
    comment.writeBytes(provenance.json(MOST_CHARACTERS).getBytes(StandardCharsets.UTF_16BE));

    List<Entry> entries = new ArrayList<>();
    if (!provenance.software().isEmpty()) {
      entries.add(new TIFFEntry(TIFF.TAG_SOFTWARE, TIFF.TYPE_ASCII, provenance.software()));
    }
    entries.add(
        new TIFFEntry(
            TIFF.TAG_EXIF_IFD,
            TIFF.TYPE_LONG,
            new IFD(
                List.of(
                    new TIFFEntry(
                        EXIF.TAG_USER_COMMENT, TIFF.TYPE_UNDEFINED, comment.toByteArray())))));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ImageOutputStream stream = new MemoryCacheImageOutputStream(bytes)) {
      new TIFFWriter().write(entries, stream);
    } catch (IOException impossible) {
      // Nothing is written but memory.
      throw new UncheckedIOException(impossible);
    }
    return bytes.toByteArray();
  }
}
