package org.viditq.onnx;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;

/** Writes elements as ONNX stores them. */
final class LittleEndian {
  private LittleEndian() {}

  /** The first {@code count} values. */
  static void write(WritableByteChannel out, float[] values, int count) throws IOException {
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(count, Float.BYTES)).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values, 0, count);
    write(out, bytes);
  }

  /** All bytes from the position to the limit. */
  static void write(WritableByteChannel out, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      out.write(bytes);
    }
  }
}
