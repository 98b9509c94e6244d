package org.viditq.onnx;

import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/**
 * A tensor on the Java heap.
 *
 * @param type what its values are rounded to
 */
record TensorConstant(Tensor tensor, ElementType type) implements ConstantData {
  /** float32. */
  TensorConstant(Tensor tensor) {
    this(tensor, ElementType.FLOAT);
  }

  @Override
  public Shape shape() {
    return tensor.shape();
  }

  @Override
  public void writeTo(WritableByteChannel out) throws IOException {
    LittleEndian.write(out, tensor.data(), tensor.size(), type);
  }
}
