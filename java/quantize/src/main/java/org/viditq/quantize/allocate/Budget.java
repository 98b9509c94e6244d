package org.viditq.quantize.allocate;

import org.viditq.core.error.UsageException;

/**
 * What an allocation may use.
 *
 * @param kind of what
 * @param amount of it
 */
public record Budget(Kind kind, double amount) {
  /** What is limited. */
  public enum Kind {
    /** Bits per weight, averaged over the quantized layers' weights and the timesteps. */
    AVERAGE_BITS,
    /** Bytes of the quantized layers: codes, scales, zero points and balancing vectors. */
    BYTES
  }

  /**
   * @param bits 2 to 8
   */
  public static Budget ofAverageBits(double bits) {
    if (!(bits >= 2 && bits <= 8)) {
      throw new UsageException(
          "The budget is " + bits + " bits per weight, but must lie between 2 and 8.");
    }
    return new Budget(Kind.AVERAGE_BITS, bits);
  }

  /**
   * @param bytes at least 1
   */
  public static Budget ofBytes(long bytes) {
    if (bytes < 1) {
      throw new UsageException("The budget is " + bytes + " bytes, but must be at least 1.");
    }
    return new Budget(Kind.BYTES, bytes);
  }
}
