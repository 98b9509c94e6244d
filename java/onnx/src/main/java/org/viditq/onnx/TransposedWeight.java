package org.viditq.onnx;

import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.tensor.Shape;

/**
 * The weight of a linear layer as MatMul takes it: [in, out], float32.
 *
 * @param weight [out, in]
 */
record TransposedWeight(StoredTensor weight) implements ConstantData {
  @Override
  public ElementType type() {
    return ElementType.FLOAT;
  }

  @Override
  public Shape shape() {
    return Shape.of(weight.shape().dim(1), weight.shape().dim(0));
  }

  @Override
  public void writeTo(WritableByteChannel out) throws IOException {
    WeightColumns.forEachBlock(weight, (block, count) -> LittleEndian.write(out, block, count));
  }
}
