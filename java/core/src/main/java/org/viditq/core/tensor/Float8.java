package org.viditq.core.tensor;

/**
 * The 8-bit floating-point types of PyTorch and safetensors; every code is a float32 exactly.
 *
 * <p>E4M3 and E5M2 are those of the OCP 8-bit Floating Point Specification (OFP8) 1.0, E8M0 that of
 * the OCP Microscaling Formats (MX) Specification 1.0, and the two FNUZ types ("finite, no negative
 * zero") have one code more of range: their exponents are biased by one more and 0x80 is NaN.
 */
public enum Float8 {
  /** 448 is the largest value; no infinity; 0x7f and 0xff are NaN. */
  E4M3(4, 3, 7),
  /** 57344 is the largest finite value; infinities and NaN as IEEE 754 has them. */
  E5M2(5, 2, 15),
  /** 240 is the largest value. */
  E4M3_FNUZ(4, 3, 8),
  /** 57344 is the largest value. */
  E5M2_FNUZ(5, 2, 16),
  /** 2^(code - 127), unsigned, no zero; 0xff is NaN. */
  E8M0(8, 0, 127);

  private final float[] values = new float[256];

  Float8(int exponentBits, int mantissaBits, int bias) {
    for (int code = 0; code < 256; code++) {
      values[code] = decode(code, exponentBits, mantissaBits, bias);
    }
  }

  private float decode(int code, int exponentBits, int mantissaBits, int bias) {
    if (isSpecial(code)) {
      return special(code);
    }
    if (exponentBits == 8) {
      return Math.scalb(1f, code - bias);
    }
    int exponent = code >> mantissaBits & (1 << exponentBits) - 1;
    int mantissa = code & (1 << mantissaBits) - 1;
    float magnitude =
        exponent == 0
            ? Math.scalb((float) mantissa, 1 - bias - mantissaBits)
            : Math.scalb((float) (mantissa + (1 << mantissaBits)), exponent - bias - mantissaBits);
    return code < 0x80 ? magnitude : -magnitude;
  }

  private boolean isSpecial(int code) {
    // Ordinals, since an enum's constants are not there yet while its constructor runs.
    return switch (ordinal()) {
      case 0 -> (code & 0x7f) == 0x7f;
      case 1 -> (code & 0x7f) >= 0x7c;
      case 2, 3 -> code == 0x80;
      default -> code == 0xff;
    };
  }

  private float special(int code) {
    if (ordinal() == 1 && (code & 0x7f) == 0x7c) {
      return code == 0x7c ? Float.POSITIVE_INFINITY : Float.NEGATIVE_INFINITY;
    }
    return Float.NaN;
  }

  /** The value of a code, of which the lowest 8 bits count. */
  public float toFloat(int code) {
    return values[code & 0xff];
  }
}
