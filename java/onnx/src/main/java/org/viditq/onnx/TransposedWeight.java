package org.viditq.onnx;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.tensor.Shape;

/**
 * The weight of a linear layer as MatMul takes it: [in, out].
 *
 * @param weight [out, in]
 * @param type what its values are rounded to
 */
record TransposedWeight(StoredTensor weight, ElementType type) implements ConstantData {
  /** float32. */
  TransposedWeight(StoredTensor weight) {
    this(weight, ElementType.FLOAT);
  }

  @Override
  public Shape shape() {
    return Shape.of(weight.shape().dim(1), weight.shape().dim(0));
  }

  @Override
  public void writeSourceTo(WritableByteChannel out) throws IOException {
    StoredBytes.write(weight, out);
  }

  @Override
  public void writeTo(WritableByteChannel out) throws IOException {
    ByteBuffer buffer = LittleEndian.buffer(shape().size(), type);
    WeightColumns.forEachBlock(
        weight, (block, count) -> LittleEndian.write(out, block, count, type, buffer));
  }
}
