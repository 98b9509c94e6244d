package org.viditq.quantize.allocate;

import java.util.Optional;
import org.viditq.core.error.UsageException;

/**
 * What an allocation may use.
 *
 * @param kind of what
 * @param amount of it
 * @param costs of layers, for seconds
 */
public record Budget(Kind kind, double amount, Optional<CostModel> costs) {
  /** Far from where picoseconds overflow. */
  private static final double MOST_SECONDS = 10_000;

  /** What is limited. */
  public enum Kind {
    /** Bits per weight, averaged over the quantized layers' weights and the timesteps. */
    AVERAGE_BITS,
    /** Bytes of the quantized layers: codes, scales, zero points and balancing vectors. */
    BYTES,
    /** Seconds of the quantized layers in one evaluation of the denoiser, mean over timesteps. */
    SECONDS
  }

  /**
   * @param bits 2 to 8
   */
  public static Budget ofAverageBits(double bits) {
    if (!(bits >= 2 && bits <= 8)) {
      throw new UsageException(
          "The budget is " + bits + " bits per weight, but must lie between 2 and 8.");
    }
    return new Budget(Kind.AVERAGE_BITS, bits, Optional.empty());
  }

  /**
   * @param bytes at least 1
   */
  public static Budget ofBytes(long bytes) {
    if (bytes < 1) {
      throw new UsageException("The budget is " + bytes + " bytes, but must be at least 1.");
    }
    return new Budget(Kind.BYTES, bytes, Optional.empty());
  }

  /**
   * @param seconds above 0
   */
  public static Budget ofSeconds(double seconds, CostModel costs) {
    if (!(seconds > 0 && seconds < MOST_SECONDS)) {
      throw new UsageException(
          "The budget is "
              + seconds
              + " seconds, but must be above 0 and below "
              + (long) MOST_SECONDS
              + ".");
    }
    return new Budget(Kind.SECONDS, seconds, Optional.of(costs));
  }
}
