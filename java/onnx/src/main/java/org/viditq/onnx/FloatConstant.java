package org.viditq.onnx;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.tensor.Shape;

/**
 * A stored tensor, converted piece by piece.
 *
 * @param type what its values are rounded to
 */
record FloatConstant(StoredTensor tensor, ElementType type) implements ConstantData {
  /** float32. */
  FloatConstant(StoredTensor tensor) {
    this(tensor, ElementType.FLOAT);
  }

  private static final int PIECE = 1 << 16;

  @Override
  public Shape shape() {
    return tensor.shape();
  }

  @Override
  public void writeSourceTo(WritableByteChannel out) throws IOException {
    StoredBytes.write(tensor, out);
  }

  @Override
  public void writeTo(WritableByteChannel out) throws IOException {
    int size = shape().size();
    float[] piece = new float[Math.min(size, PIECE)];
    ByteBuffer buffer = LittleEndian.buffer(piece.length, type);
    for (int start = 0; start < size; start += PIECE) {
      int count = Math.min(PIECE, size - start);
      tensor.copyTo(start, piece, 0, count);
      LittleEndian.write(out, piece, count, type, buffer);
    }
  }
}
