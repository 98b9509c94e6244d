package org.viditq.core.tensor;

/**
 * The 4-bit floating-point type E2M1 of the OCP Microscaling Formats (MX) Specification 1.0,
 * section 5.3.3: a sign, two bits of exponent, one of mantissa; no infinity and no NaN.
 */
public final class Float4 {
  private static final float[] VALUES = {
    0, 0.5f, 1, 1.5f, 2, 3, 4, 6, -0f, -0.5f, -1, -1.5f, -2, -3, -4, -6
  };

  private Float4() {}

  /** The value of a code, of which the lowest 4 bits count; exact. */
  public static float toFloat(int code) {
    return VALUES[code & 0xf];
  }
}
