package org.viditq.core.quant;

/**
 * The integer code range of a quantizer.
 *
 * <table>
 *   <caption>Codes for b bits</caption>
 *   <tr><th></th><th>asymmetric</th><th>symmetric</th></tr>
 *   <tr><td>codes</td><td>0 .. 2^b-1</td><td>-2^(b-1) .. 2^(b-1)-1</td></tr>
 *   <tr><td>steps n in Δ = range/n</td><td>2^b-1 over hi-lo</td><td>2^(b-1)-1 over max|x|</td></tr>
 * </table>
 *
 * @param bits 2 to 8; ViDiT-Q plans use 8, 6 and 4
 * @param symmetric zero point fixed at 0 and signed codes
 */
public record IntegerFormat(int bits, boolean symmetric) {
  public IntegerFormat {
    if (bits < 2 || bits > 8) {
      throw new IllegalArgumentException("Bit width " + bits + " is not between 2 and 8.");
    }
  }

  /** Unsigned codes with a zero point. */
  public static IntegerFormat asymmetric(int bits) {
    return new IntegerFormat(bits, false);
  }

  /** Signed codes, zero point 0. */
  public static IntegerFormat symmetric(int bits) {
    return new IntegerFormat(bits, true);
  }

  /** Smallest code; values below its own clip. */
  public int minCode() {
    return symmetric ? -(1 << (bits - 1)) : 0;
  }

  /** Largest code; values above its own clip. */
  public int maxCode() {
    return symmetric ? (1 << (bits - 1)) - 1 : (1 << bits) - 1;
  }

  /** The code that a stored byte stands for: unsigned when asymmetric, signed when symmetric. */
  public int code(byte stored) {
    return symmetric ? stored : stored & 0xff;
  }

  /** Number of steps that the range is divided into: the divisor of Δ. */
  public int steps() {
    return symmetric ? (1 << (bits - 1)) - 1 : (1 << bits) - 1;
  }
}
