package org.viditq.onnx;

import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.tensor.Shape;

/** A stored tensor as float32, converted piece by piece. */
record FloatConstant(StoredTensor tensor) implements ConstantData {
  private static final int PIECE = 1 << 16;

  @Override
  public ElementType type() {
    return ElementType.FLOAT;
  }

  @Override
  public Shape shape() {
    return tensor.shape();
  }

  @Override
  public void writeTo(WritableByteChannel out) throws IOException {
    int size = shape().size();
    float[] piece = new float[Math.min(size, PIECE)];
    for (int start = 0; start < size; start += PIECE) {
      int count = Math.min(PIECE, size - start);
      tensor.copyTo(start, piece, 0, count);
      LittleEndian.write(out, piece, count);
    }
  }
}
