package org.viditq.core.quant;

import java.util.Optional;

/**
 * Hadamard matrices: entries 1 and -1, rows orthogonal. Of order 1 by definition; of order q + 1, q
 * a prime that leaves 3 divided by 4, by Paley's first construction; of order 2 (q + 1), q a prime
 * that leaves 1, by his second (Paley, "On orthogonal matrices", 1933). Among them are 12, 20, 28,
 * 36 and 44, which the widths of diffusion transformers are multiples of. The Kronecker product
 * with {@code ((1, 1), (1, -1))} doubles an order (Sylvester).
 */
public final class HadamardMatrix {
  private HadamardMatrix() {}

  /**
   * The smallest order m that is made here, for which channels = m 2^p; empty if there is none
   * below 200.
   */
  public static Optional<Integer> baseOf(int channels) {
    if (channels < 1) {
      return Optional.empty();
    }
    int odd = channels >> Integer.numberOfTrailingZeros(channels);
    if (odd == 1) {
      return Optional.of(1);
    }
    for (int base = 4 * odd; base < 200 && channels % base == 0; base *= 2) {
      if (isPaley(base)) {
        return Optional.of(base);
      }
    }
    return Optional.empty();
  }

  private static boolean isPaley(int order) {
    return order == 1 || firstPrime(order) != 0 || secondPrime(order) != 0;
  }

  /**
   * @param order one that {@link #baseOf} gives
   * @return [order][order] of 1 and -1
   * @throws IllegalArgumentException if none is made here
   */
  public static int[][] of(int order) {
    if (order == 1) {
      return new int[][] {{1}};
    }
    if (firstPrime(order) != 0) {
      return first(firstPrime(order));
    }
    if (secondPrime(order) != 0) {
      return second(secondPrime(order));
    }
    throw new IllegalArgumentException("No Hadamard matrix of order " + order + " is made here.");
  }

  private static int firstPrime(int order) {
    int q = order - 1;
    return q % 4 == 3 && isPrime(q) ? q : 0;
  }

  private static int secondPrime(int order) {
    int q = order / 2 - 1;
    return order % 4 == 0 && q % 4 == 1 && isPrime(q) ? q : 0;
  }

  /** I + S, S = ((0, 1), (-1, Q)) skew-symmetric. */
  private static int[][] first(int q) {
    int[][] matrix = new int[q + 1][q + 1];
    for (int i = 0; i <= q; i++) {
      for (int j = 0; j <= q; j++) {
        int s = i == 0 ? (j == 0 ? 0 : 1) : j == 0 ? -1 : character(i - j, q);
        matrix[i][j] = i == j ? s + 1 : s;
      }
    }
    return matrix;
  }

  /** S ((1, 1), (1, -1)) + I ((1, -1), (-1, -1)), Kronecker products, S symmetric. */
  private static int[][] second(int q) {
    int[][] matrix = new int[2 * (q + 1)][2 * (q + 1)];
    for (int i = 0; i <= q; i++) {
      for (int j = 0; j <= q; j++) {
        int s = i == 0 || j == 0 ? (i == j ? 0 : 1) : character(i - j, q);
        int one = i == j ? 1 : 0;
        matrix[2 * i][2 * j] = s + one;
        matrix[2 * i][2 * j + 1] = s - one;
        matrix[2 * i + 1][2 * j] = s - one;
        matrix[2 * i + 1][2 * j + 1] = -s - one;
      }
    }
    return matrix;
  }

  /** 1 for squares modulo the prime q, -1 for others, 0 for multiples. */
  private static int character(int value, int q) {
    int residue = Math.floorMod(value, q);
    if (residue == 0) {
      return 0;
    }
    for (int i = 1; i <= q / 2; i++) {
      if (i * i % q == residue) {
        return 1;
      }
    }
    return -1;
  }

  private static boolean isPrime(int value) {
    if (value < 2) {
      return false;
    }
    for (int i = 2; i * i <= value; i++) {
      if (value % i == 0) {
        return false;
      }
    }
    return true;
  }
}
