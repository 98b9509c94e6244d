package org.viditq.core.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.viditq.core.tensor.Bfloat16;
import org.viditq.core.tensor.DType;
import org.viditq.core.tensor.Float16;
import org.viditq.core.tensor.Float4;
import org.viditq.core.tensor.Float8;

/** Stored little-endian elements to float32 and back. */
final class ElementCodec {
  private ElementCodec() {}

  /**
   * Converts as {@link StoredTensor#copyTo} says; {@code bytes} is little-endian, and {@code start}
   * counts elements in it.
   */
  static void decode(
      DType dtype, ByteBuffer bytes, int start, float[] destination, int offset, int count) {
    int from = (int) ((long) start * dtype.bits() / 8);
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
      case F8_E4M3 -> decode(Float8.E4M3, bytes, from, destination, offset, count);
      case F8_E5M2 -> decode(Float8.E5M2, bytes, from, destination, offset, count);
      case F8_E8M0 -> decode(Float8.E8M0, bytes, from, destination, offset, count);
      case F8_E4M3FNUZ -> decode(Float8.E4M3_FNUZ, bytes, from, destination, offset, count);
      case F8_E5M2FNUZ -> decode(Float8.E5M2_FNUZ, bytes, from, destination, offset, count);
      case F4 -> {
        for (int i = 0; i < count; i++) {
          int element = start + i;
          destination[offset + i] =
              Float4.toFloat(bytes.get(element >> 1) >> 4 * (element & 1) & 0xf);
        }
      }
      case I64 -> {
        for (int i = 0; i < count; i++) {
          destination[offset + i] = bytes.getLong(from + 8 * i);
        }
      }
      case U64 -> {
        for (int i = 0; i < count; i++) {
          destination[offset + i] = unsigned(bytes.getLong(from + 8 * i));
        }
      }
      case U32 -> {
        for (int i = 0; i < count; i++) {
          destination[offset + i] = bytes.getInt(from + 4 * i) & 0xffffffffL;
        }
      }
      case U16 -> {
        for (int i = 0; i < count; i++) {
          destination[offset + i] = bytes.getShort(from + 2 * i) & 0xffff;
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

  private static void decode(
      Float8 type, ByteBuffer bytes, int from, float[] destination, int offset, int count) {
    for (int i = 0; i < count; i++) {
      destination[offset + i] = type.toFloat(bytes.get(from + i));
    }
  }

  /** Rounded once: the lowest bit of what is halved stays as a sticky bit. */
  private static float unsigned(long value) {
    return value >= 0 ? value : 2f * (value >>> 1 | value & 1);
  }

  /** float32 to F64, F32, F16 or BF16, rounded half to even. */
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
      default -> throw new IllegalArgumentException(dtype + " is no type that is written.");
    }
    return bytes.flip();
  }
}
