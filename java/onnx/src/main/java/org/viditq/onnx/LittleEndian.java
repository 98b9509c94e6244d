package org.viditq.onnx;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import org.viditq.core.tensor.Bfloat16;
import org.viditq.core.tensor.Float16;

/** Writes elements as ONNX stores them. */
final class LittleEndian {
  private static final int PIECE = 1 << 14;
  private static final float LARGEST_FLOAT16 = 65504;
  private static final float LARGEST_BFLOAT16 = Bfloat16.toFloat((short) 0x7f7f);

  private LittleEndian() {}

  /**
   * The first {@code count} values. Finite ones beyond what the type holds become its largest: the
   * scores of what attention must not see are such values, and infinities would become NaN where
   * they are multiplied by 0.
   *
   * @param type a floating-point one
   */
  static void write(WritableByteChannel out, float[] values, int count, ElementType type)
      throws IOException {
    write(out, values, count, type, buffer(count, type));
  }

  /**
   * Room for some values, at most for {@value #PIECE}, which {@link #write} uses again and again.
   */
  static ByteBuffer buffer(int count, ElementType type) {
    return ByteBuffer.allocate(Math.min(count, PIECE) * type.bytes())
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * As {@link #write(WritableByteChannel, float[], int, ElementType)}.
   *
   * @param buffer of {@link #buffer}
   */
  static void write(
      WritableByteChannel out, float[] values, int count, ElementType type, ByteBuffer buffer)
      throws IOException {
    for (int i = 0; i < count; i++) {
      if (!buffer.hasRemaining()) {
        write(out, buffer.flip());
        buffer.clear();
      }
      switch (type) {
        case FLOAT -> buffer.putFloat(values[i]);
        case FLOAT16 -> buffer.putShort(Float16.fromFloat(within(values[i], LARGEST_FLOAT16)));
        case BFLOAT16 -> buffer.putShort(Bfloat16.fromFloat(within(values[i], LARGEST_BFLOAT16)));
        default -> throw new IllegalArgumentException(type + " holds no floating-point values.");
      }
    }
    write(out, buffer.flip());
    buffer.clear();
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
