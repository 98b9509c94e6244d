package org.viditq.core.tensor;

/** IEEE 754 binary16, bit for bit as {@code torch.float16}. */
public final class Float16 {
  private static final int EXPONENT = 0x7c00;

  private Float16() {}

  /** Exact for every code; NaN keeps its payload. */
  public static float toFloat(short code) {
    int magnitude = (code & 0x7fff) << 13;
    int bits;
    if ((code & EXPONENT) == EXPONENT) {
      bits = magnitude | 0x7f800000;
    } else {
      // Rebias the exponent by 127 - 15; the multiplication also normalizes subnormals, exactly.
      bits = Float.floatToRawIntBits(Float.intBitsToFloat(magnitude) * 0x1p112f);
    }
    return Float.intBitsToFloat(bits | (code & 0x8000) << 16);
  }

  /** Rounds half to even; beyond 65519.99 to infinity, below 2^-25 to zero; NaN stays NaN. */
  public static short fromFloat(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = bits >>> 16 & 0x8000;
    int magnitude = bits & 0x7fffffff;
    if (magnitude > 0x7f800000) {
      // Quiet, with what fits of the payload.
      return (short) (sign | 0x7e00 | magnitude >>> 13 & 0x3ff);
    }
    if (magnitude >= 0x47800000) { // 65536 and infinity
      return (short) (sign | EXPONENT);
    }
    if (magnitude < 0x38800000) { // below 2^-14: subnormal, in steps of 2^-24
      return (short) (sign | (int) Math.rint(Math.abs(value) * 0x1p24));
    }
    int rounded = magnitude + 0xfff + (magnitude >>> 13 & 1);
    return (short) (sign | (rounded - 0x38000000) >>> 13);
  }
}
