package org.viditq.onnx;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import org.viditq.core.tensor.Bfloat16;
import org.viditq.core.tensor.Float16;

/** Writes elements as ONNX stores them. */
final class LittleEndian {
  private static final float LARGEST_FLOAT16 = 65504;
  private static final float LARGEST_BFLOAT16 = Bfloat16.toFloat((short) 0x7f7f);

  private LittleEndian() {}

  /** The first {@code count} values, as float32. */
  static void write(WritableByteChannel out, float[] values, int count) throws IOException {
    write(out, values, count, ElementType.FLOAT);
  }

  /**
   * The first {@code count} values. Finite ones beyond what the type holds become its largest: the
   * scores of what attention must not see are such values, and infinities would become NaN where
   * they are multiplied by 0.
   *
   * @param type a floating-point one
   */
  static void write(WritableByteChannel out, float[] values, int count, ElementType type)
      throws IOException {
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(count, type.bytes())).order(ByteOrder.LITTLE_ENDIAN);
    switch (type) {
      case FLOAT -> bytes.asFloatBuffer().put(values, 0, count);
      case FLOAT16 -> {
        for (int i = 0; i < count; i++) {
          bytes.putShort(Float16.fromFloat(within(values[i], LARGEST_FLOAT16)));
        }
        bytes.flip();
      }
      case BFLOAT16 -> {
        for (int i = 0; i < count; i++) {
          bytes.putShort(Bfloat16.fromFloat(within(values[i], LARGEST_BFLOAT16)));
        }
        bytes.flip();
      }
      default -> throw new IllegalArgumentException(type + " holds no floating-point values.");
    }
    write(out, bytes);
  }

  private static float within(float value, float largest) {
    return Float.isInfinite(value) ? value : Math.max(-largest, Math.min(largest, value));
  }

  /** All bytes from the position to the limit. */
  static void write(WritableByteChannel out, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      out.write(bytes);
    }
  }
}
