package org.viditq.onnx;

import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/** A tensor on the Java heap. */
record TensorConstant(Tensor tensor) implements ConstantData {
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
    LittleEndian.write(out, tensor.data(), tensor.size());
  }
}
