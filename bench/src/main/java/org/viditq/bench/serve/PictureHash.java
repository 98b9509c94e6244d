package org.viditq.bench.serve;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import org.viditq.core.io.Sha256;

/**
 * Tells the pictures of PNG files apart by their header and compressed pixels. The texts beside
 * them do not count: they name the model, which a server calls otherwise than a program.
 */
final class PictureHash {
  private static final int SIGNATURE = 8;
  private static final int NAME = 4;
  private static final int CHECKSUM = 4;
  private static final List<String> OF_PICTURE = List.of("IHDR", "IDAT");

  private PictureHash() {}

  /**
   * The same for files of one encoder with the same pixels, and for no others.
   *
   * @throws IllegalArgumentException if it is no PNG file
   */
  static String of(byte[] png) {
    MessageDigest digest = Sha256.begin();
    int parts = 0;
    ByteBuffer file = ByteBuffer.wrap(png);
    if (png.length < SIGNATURE) {
      throw new IllegalArgumentException("The file is too short for a PNG.");
    }
    file.position(SIGNATURE);
    while (file.remaining() >= Integer.BYTES + NAME + CHECKSUM) {
      int length = file.getInt();
      byte[] name = new byte[NAME];
      file.get(name);
      if (length < 0 || length > file.remaining() - CHECKSUM) {
        throw new IllegalArgumentException("A part of the PNG file goes beyond its end.");
      }
      if (OF_PICTURE.contains(new String(name, StandardCharsets.ISO_8859_1))) {
        digest.update(png, file.position(), length);
        parts++;
      }
      file.position(file.position() + length + CHECKSUM);
    }
    if (parts < OF_PICTURE.size()) {
      throw new IllegalArgumentException("The file holds no picture.");
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}
