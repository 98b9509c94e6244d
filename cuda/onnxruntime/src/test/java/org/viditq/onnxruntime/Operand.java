package org.viditq.onnxruntime;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.viditq.core.tensor.Bfloat16;
import org.viditq.core.tensor.Float16;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/** What goes into a node or comes out of it: elements of one type, in native byte order. */
record Operand(ElementKind kind, long[] extents, byte[] bytes) {
  /** The tensor's values in a type of activations, rounded. */
  static Operand activations(ElementKind kind, Tensor tensor) {
    ByteBuffer buffer = buffer(Math.multiplyExact(tensor.size(), kind.bytes));
    for (float value : tensor.data()) {
      switch (kind) {
        case FLOAT32 -> buffer.putFloat(value);
        case FLOAT16 -> buffer.putShort(Float16.fromFloat(value));
        case BFLOAT16 -> buffer.putShort(Bfloat16.fromFloat(value));
        default -> throw new IllegalStateException(kind + " is no type of activations");
      }
    }
    return new Operand(kind, extents(tensor.shape()), buffer.array());
  }

  static Operand floats(Tensor tensor) {
    return activations(ElementKind.FLOAT32, tensor);
  }

  static Operand floats(float[] values, long... extents) {
    ByteBuffer buffer = buffer(4 * values.length);
    buffer.asFloatBuffer().put(values);
    return new Operand(ElementKind.FLOAT32, extents, buffer.array());
  }

  static Operand ints(int[] values, long... extents) {
    ByteBuffer buffer = buffer(4 * values.length);
    buffer.asIntBuffer().put(values);
    return new Operand(ElementKind.INT32, extents, buffer.array());
  }

  static Operand codes(byte[] codes, long... extents) {
    return new Operand(ElementKind.INT8, extents, codes);
  }

  /** The set that nodes are to use. */
  static Operand activeSet(int set) {
    return ints(new int[] {set}, 1);
  }

  /** The values of activations as float32. */
  Tensor tensor() {
    int[] dims = Arrays.stream(extents).mapToInt(Math::toIntExact).toArray();
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
    float[] values = new float[bytes.length / kind.bytes];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          switch (kind) {
            case FLOAT32 -> buffer.getFloat();
            case FLOAT16 -> Float16.toFloat(buffer.getShort());
            case BFLOAT16 -> Bfloat16.toFloat(buffer.getShort());
            default -> throw new IllegalStateException(kind + " is no type of activations");
          };
    }
    return Tensor.of(Shape.of(dims), values);
  }

  float[] floats() {
    return tensor().data();
  }

  int[] ints() {
    int[] values = new int[bytes.length / 4];
    ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()).asIntBuffer().get(values);
    return values;
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.nativeOrder());
  }

  private static long[] extents(Shape shape) {
    return Arrays.stream(shape.toArray()).asLongStream().toArray();
  }
}
