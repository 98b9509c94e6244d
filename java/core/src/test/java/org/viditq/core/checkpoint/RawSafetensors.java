package org.viditq.core.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Builds safetensors files by hand, so that tests can lie in them. */
final class RawSafetensors {
  private RawSafetensors() {}

  static byte[] bytes(String header, byte[] data) {
    return bytes(header.getBytes(StandardCharsets.UTF_8).length, header, data);
  }

  /** With a header length that need not be true. */
  static byte[] bytes(long headerLength, String header, byte[] data) {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(Long.BYTES + json.length + data.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(headerLength)
        .put(json)
        .put(data)
        .array();
  }

  static Path write(Path file, String header, byte[] data) throws IOException {
    return Files.write(file, bytes(header, data));
  }
}
