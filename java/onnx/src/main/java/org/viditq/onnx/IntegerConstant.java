package org.viditq.onnx;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import org.viditq.core.tensor.Shape;

/** Integers: extents, axes and indices as ONNX's operators take them, and zero points. */
final class IntegerConstant implements ConstantData {
  private final ElementType type;
  private final Shape shape;
  private final int[] values;

  private IntegerConstant(ElementType type, Shape shape, int[] values) {
    this.type = type;
    this.shape = shape;
    this.values = values;
  }

  /** In the lowest bytes that {@code type} has. */
  static IntegerConstant of(ElementType type, int... values) {
    return new IntegerConstant(type, Shape.of(values.length), values.clone());
  }

  /** A single integer, of rank 0. */
  static IntegerConstant scalar(ElementType type, int value) {
    return new IntegerConstant(type, Shape.of(), new int[] {value});
  }

  /** Row by row. */
  static IntegerConstant matrix(ElementType type, int rows, int columns, int[] values) {
    return new IntegerConstant(type, Shape.of(rows, columns), values.clone());
  }

  int[] values() {
    return values.clone();
  }

  @Override
  public ElementType type() {
    return type;
  }

  @Override
  public Shape shape() {
    return shape;
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
