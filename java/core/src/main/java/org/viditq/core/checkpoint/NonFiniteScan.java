package org.viditq.core.checkpoint;

import java.nio.ByteBuffer;
import java.nio.LongBuffer;

/**
 * Looks for NaN and infinity in the bytes of a stored tensor, where they lie, without converting
 * them.
 */
public final class NonFiniteScan {
  private NonFiniteScan() {}

  /** Whether any element is NaN or infinite; integers never are. */
  public static boolean found(StoredTensor tensor) {
    if (!tensor.dtype().isFloatingPoint()) {
      return false;
    }
    return switch (tensor.dtype()) {
      case F64 -> found(tensor.bytes(), 0x7ff0000000000000L);
      case F32 -> found(tensor.bytes(), 0x7f8000007f800000L);
      case F16 -> found(tensor.bytes(), 0x7c007c007c007c00L);
      case BF16 -> found(tensor.bytes(), 0x7f807f807f807f80L);
      case F8_E4M3 -> found(tensor.bytes(), 0x7f7f7f7f7f7f7f7fL);
      case F8_E5M2 -> found(tensor.bytes(), 0x7c7c7c7c7c7c7c7cL);
      case F8_E8M0 -> holds(tensor.bytes(), (byte) 0xff);
      case F8_E4M3FNUZ, F8_E5M2FNUZ -> holds(tensor.bytes(), (byte) 0x80);
      default -> false;
    };
  }

  private static boolean holds(ByteBuffer bytes, byte nan) {
    for (int i = 0; i < bytes.limit(); i++) {
      if (bytes.get(i) == nan) {
        return true;
      }
    }
    return false;
  }

  /**
   * Eight bytes at a time. NaN and infinity are the codes whose exponent bits (of E4M3: all bits
   * but the sign) are all ones: adding the lowest of those bits then, and only then, carries into
   * the lane's sign bit.
   *
   * @param exponent these bits of all lanes
   */
  private static boolean found(ByteBuffer bytes, long exponent) {
    long lowest = exponent & ~(exponent << 1);
    long sign = exponent << 1 & ~exponent;
    LongBuffer words = bytes.asLongBuffer();
    int count = words.remaining();
    for (int i = 0; i < count; i++) {
      if (((words.get(i) & exponent) + lowest & sign) != 0) {
        return true;
      }
    }
    long rest = 0; // zero lanes are finite
    for (int i = count * Long.BYTES, shift = 0; i < bytes.limit(); i++, shift += 8) {
      rest |= (bytes.get(i) & 0xffL) << shift;
    }
    return ((rest & exponent) + lowest & sign) != 0;
  }
}
