package org.viditq.core.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.viditq.core.tensor.Bfloat16;
import org.viditq.core.tensor.DType;
import org.viditq.core.tensor.Float16;

/** Stored little-endian elements to float32 and back. */
final class ElementCodec {
  private ElementCodec() {}

  /** Converts as {@link StoredTensor#copyTo} says; {@code bytes} is little-endian. */
  static void decode(
      DType dtype, ByteBuffer bytes, int start, float[] destination, int offset, int count) {
    int from = start * dtype.bytes();
    switch (dtype) {
      case F64 -> {
        for (int i = 0; i < count; i++) {
          destination[offset + i] = (float) bytes.getDouble(from + 8 * i);
        }
      }
      case F32 ->
          bytes
              .position(from)
              .slice()
              .order(ByteOrder.LITTLE_ENDIAN)
              .asFloatBuffer()
              .get(destination, offset, count);
      case F16 -> {
        for (int i = 0; i < count; i++) {
          destination[offset + i] = Float16.toFloat(bytes.getShort(from + 2 * i));
        }
      }
      case BF16 -> {
        for (int i = 0; i < count; i++) {
          destination[offset + i] = Bfloat16.toFloat(bytes.getShort(from + 2 * i));
        }
      }
      case I64 -> {
        for (int i = 0; i < count; i++) {
          destination[offset + i] = bytes.getLong(from + 8 * i);
        }
      }
      case I32 -> {
        for (int i = 0; i < count; i++) {
          destination[offset + i] = bytes.getInt(from + 4 * i);
        }
      }
      case I16 -> {
        for (int i = 0; i < count; i++) {
          destination[offset + i] = bytes.getShort(from + 2 * i);
        }
      }
      case I8 -> {
        for (int i = 0; i < count; i++) {
          destination[offset + i] = bytes.get(from + i);
        }
      }
      case U8 -> {
        for (int i = 0; i < count; i++) {
          destination[offset + i] = bytes.get(from + i) & 0xff;
        }
      }
      case BOOL -> {
        for (int i = 0; i < count; i++) {
          destination[offset + i] = bytes.get(from + i) != 0 ? 1 : 0;
        }
      }
    }
  }

  /** float32 to a floating-point type, rounded half to even. */
  static ByteBuffer encode(DType dtype, float[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(values.length, dtype.bytes()))
            .order(ByteOrder.LITTLE_ENDIAN);
    switch (dtype) {
      case F64 -> {
        for (float value : values) {
          bytes.putDouble(value);
        }
      }
      case F32 -> {
        for (float value : values) {
          bytes.putFloat(value);
        }
      }
      case F16 -> {
        for (float value : values) {
          bytes.putShort(Float16.fromFloat(value));
        }
      }
      case BF16 -> {
        for (float value : values) {
          bytes.putShort(Bfloat16.fromFloat(value));
        }
      }
      default -> throw new IllegalArgumentException(dtype + " is not a floating-point type.");
    }
    return bytes.flip();
  }
}
