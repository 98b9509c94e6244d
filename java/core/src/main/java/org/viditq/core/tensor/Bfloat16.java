package org.viditq.core.tensor;

/** The upper half of a float32, bit for bit as {@code torch.bfloat16}. */
public final class Bfloat16 {
  private Bfloat16() {}

  /** Exact for every code. */
  public static float toFloat(short code) {
    return Float.intBitsToFloat(code << 16);
  }

  /** Rounds half to even; beyond the largest finite value to infinity; NaN stays NaN. */
  public static short fromFloat(float value) {
    int bits = Float.floatToRawIntBits(value);
    if ((bits & 0x7fffffff) > 0x7f800000) {
      return (short) (bits >>> 16 | 0x40);
    }
    return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
  }
}
