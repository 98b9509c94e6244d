package org.viditq.media;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.viditq.core.error.OutputException;

/**
 * Adds EXIF to a WebP file: a file with metadata must be in the extended form, which begins with a
 * chunk VP8X, and has its metadata behind the image (WebP Container Specification, Extended File
 * Format).
 */
final class WebpContainer {
  private static final String EXTENDED = "VP8X";
  private static final int EXTENDED_SIZE = 10;
  private static final int HAS_EXIF = 1 << 3;
  private static final int RIFF_HEADER = 12;
  private static final int CHUNK_HEADER = 8;

  private WebpContainer() {}

  private record Chunk(String name, byte[] data) {}

  /**
   * @param webp a whole file without EXIF
   * @param exif a TIFF structure
   */
  static byte[] withExif(byte[] webp, int width, int height, byte[] exif) {
    List<Chunk> chunks = new ArrayList<>(read(webp));
    if (!chunks.get(0).name().equals(EXTENDED)) {
      chunks.add(0, new Chunk(EXTENDED, extended(width, height)));
    }
    chunks.get(0).data()[0] |= HAS_EXIF;
    chunks.add(new Chunk("EXIF", exif));
    return write(chunks);
  }

  /** Four bytes of flags, then width - 1 and height - 1 in three bytes each. */
  private static byte[] extended(int width, int height) {
    ByteBuffer chunk = ByteBuffer.allocate(EXTENDED_SIZE).order(ByteOrder.LITTLE_ENDIAN);
    chunk.putInt(0);
    for (int side : new int[] {width - 1, height - 1}) {
      chunk.put((byte) side).put((byte) (side >> 8)).put((byte) (side >> 16));
    }
    return chunk.array();
  }

  private static List<Chunk> read(byte[] webp) {
    ByteBuffer file = ByteBuffer.wrap(webp).order(ByteOrder.LITTLE_ENDIAN);
    List<Chunk> chunks = new ArrayList<>();
    file.position(Math.min(RIFF_HEADER, file.limit()));
    while (file.remaining() >= CHUNK_HEADER) {
      byte[] name = new byte[4];
      file.get(name);
      int size = file.getInt();
      if (size < 0 || size > file.remaining()) {
        break;
      }
      byte[] data = new byte[size];
      file.get(data);
      chunks.add(new Chunk(new String(name, StandardCharsets.US_ASCII), data));
      file.position(Math.min(file.limit(), file.position() + (size & 1)));
    }
    if (chunks.isEmpty() || file.hasRemaining()) {
      throw new OutputException("Cannot encode WebP: the encoder made no WebP file.");
    }
    return chunks;
  }

  private static byte[] write(List<Chunk> chunks) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.writeBytes("WEBP".getBytes(StandardCharsets.US_ASCII));
    for (Chunk chunk : chunks) {
      body.writeBytes(chunk.name().getBytes(StandardCharsets.US_ASCII));
      body.writeBytes(littleEndian(chunk.data().length));
      body.writeBytes(chunk.data());
      if (chunk.data().length % 2 == 1) {
        body.write(0);
      }
    }
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.writeBytes("RIFF".getBytes(StandardCharsets.US_ASCII));
    file.writeBytes(littleEndian(body.size()));
    file.writeBytes(body.toByteArray());
    return file.toByteArray();
  }

  private static byte[] littleEndian(int value) {
    return ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
  }
}
