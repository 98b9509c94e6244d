package org.viditq.cli.option;

import java.math.BigInteger;
import org.viditq.core.error.Printable;
import org.viditq.core.error.UsageException;

/**
 * A seed as {@code torch.Generator.manual_seed} takes it.
 *
 * @param value from -2^63 to 2^64 - 1; a negative one stands for itself plus 2^64, as in torch
 */
public record Seed(BigInteger value) {
  private static final BigInteger LEAST = BigInteger.ONE.shiftLeft(63).negate();
  private static final BigInteger LARGEST = BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);

  public Seed {
    if (value.compareTo(LEAST) < 0 || value.compareTo(LARGEST) > 0) {
      throw new UsageException(
          "Seed " + Printable.name(value.toString()) + " is out of range; " + range() + ".");
    }
  }

  public static Seed of(long value) {
    return new Seed(BigInteger.valueOf(value));
  }

  /**
   * @throws UsageException if the text is no whole number in range
   */
  public static Seed parse(String text) {
    try {
      // More digits than any seed has would only take time.
      return text.length() > 100 ? tooLong(text) : new Seed(new BigInteger(text.strip()));
    } catch (NumberFormatException noNumber) {
      throw new UsageException(
          "Seed '" + Printable.name(text) + "' is no whole number; " + range() + ".", noNumber);
    }
  }

  private static Seed tooLong(String text) {
    throw new UsageException("Seed '" + Printable.name(text) + "' is no seed; " + range() + ".");
  }

  private static String range() {
    return "as in torch, seeds go from " + LEAST + " to " + LARGEST;
  }

  /** The 64 bits that generators are seeded with. */
  public long bits() {
    return value.longValue();
  }

  /**
   * The seed that is {@code count} larger.
   *
   * @throws UsageException if there is none
   */
  Seed plus(int count) {
    return new Seed(value.add(BigInteger.valueOf(count)));
  }

  @Override
  public String toString() {
    return value.toString();
  }
}
