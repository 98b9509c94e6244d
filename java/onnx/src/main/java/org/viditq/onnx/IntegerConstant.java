package org.viditq.onnx;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import org.viditq.core.tensor.Shape;

/** A list of integers: extents, axes and indices as ONNX's operators take them, and zero points. */
final class IntegerConstant implements ConstantData {
  private final ElementType type;
  private final int[] values;

  private IntegerConstant(ElementType type, int[] values) {
    this.type = type;
    this.values = values;
  }

  /** In the lowest bytes that {@code type} has. */
  static IntegerConstant of(ElementType type, int... values) {
    return new IntegerConstant(type, values.clone());
  }

  @Override
  public ElementType type() {
    return type;
  }

  @Override
  public Shape shape() {
    return Shape.of(values.length);
  }

  @Override
  public void writeTo(WritableByteChannel out) throws IOException {
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(values.length, type.bytes()))
            .order(ByteOrder.LITTLE_ENDIAN);
    for (int value : values) {
      switch (type.bytes()) {
        case 1 -> bytes.put((byte) value);
        case Integer.BYTES -> bytes.putInt(value);
        default -> bytes.putLong(value);
      }
    }
    LittleEndian.write(out, bytes.flip());
  }
}
