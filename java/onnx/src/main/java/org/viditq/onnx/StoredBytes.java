package org.viditq.onnx;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import org.viditq.core.checkpoint.StoredTensor;

/** A stored tensor as it lies in its checkpoint, not converted. */
final class StoredBytes {
  private static final int PIECE = 1 << 18;

  private StoredBytes() {}

  /** Its element type and its bytes; its values where these are more than an index can count. */
  static void write(StoredTensor tensor, WritableByteChannel out) throws IOException {
    LittleEndian.write(
        out, ByteBuffer.wrap((tensor.dtype() + "\n").getBytes(StandardCharsets.UTF_8)));
    if (tensor.sizeInBytes() > Integer.MAX_VALUE) {
      new FloatConstant(tensor).writeTo(out);
      return;
    }
    int size = Math.toIntExact(tensor.sizeInBytes());
    byte[] piece = new byte[Math.min(size, PIECE)];
    for (int start = 0; start < size; start += PIECE) {
      int count = Math.min(PIECE, size - start);
      tensor.copyBytes(start, piece, 0, count);
      LittleEndian.write(out, ByteBuffer.wrap(piece, 0, count));
    }
  }
}
