package org.viditq.tensorrt.onnx;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.util.Arrays;
import org.viditq.core.tensor.Shape;

/** A list of int64: extents, axes and indices, as ONNX's operators take them. */
final class IndexConstant implements ConstantData {
  private final long[] values;

  private IndexConstant(long[] values) {
    this.values = values;
  }

  static IndexConstant of(int... values) {
    return new IndexConstant(Arrays.stream(values).asLongStream().toArray());
  }

  @Override
  public ElementType type() {
    return ElementType.INT64;
  }

  @Override
  public Shape shape() {
    return Shape.of(values.length);
  }

  @Override
  public void writeTo(WritableByteChannel out) throws IOException {
    ByteBuffer bytes =
        ByteBuffer.allocate(Long.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asLongBuffer().put(values);
    LittleEndian.write(out, bytes);
  }
}
