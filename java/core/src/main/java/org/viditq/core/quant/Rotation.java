package org.viditq.core.quant;

import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import org.viditq.core.error.ShapeException;

/**
 * An orthogonal rotation of the input channels of a layer, done to the activations at run time and
 * to the weight beforehand, which leaves the product as it was: x' = (x ∘ d) H / √n for every block
 * of n neighbouring channels, d the signs and H a Hadamard matrix.
 *
 * <p>Everything is float32, in an order that makes codes equal on every backend. Channels take
 * their signs first. Then, within a block:
 *
 * <ul>
 *   <li>{@link Kind#HADAMARD}: n = m 2^p. Pairs at distance 1, 2, ..., 2^(p-1) become (a + b, a -
 *       b); then, at distance 2^p, the i-th of m becomes ((M_i1 x_1 + M_i2 x_2) + ...) + M_im x_m,
 *       M = {@link HadamardMatrix} of order m.
 *   <li>{@link Kind#REGULAR}: n = 4^k. Quadruples (a, b, c, d) at distance 1, 4, 16, ... become ((a
 *       + b) + (c - d), (a + b) - (c - d), (a - b) + (c + d), (c + d) - (a - b)), the symmetric
 *       matrix whose rows all sum to 2 (Huang et al., "ConvRot", arXiv 2512.03673): no channel
 *       collects what all others have in common, as the first of a Sylvester matrix does.
 * </ul>
 *
 * Last comes the product with 1f / (float) √n.
 *
 * @param kind of matrix
 * @param block n, how many channels are rotated together; divides the number of channels
 * @param seed of the signs, drawn by {@code new java.util.Random(seed).nextBoolean()} (true for -1)
 *     channel by channel; empty for none
 */
public record Rotation(Kind kind, int block, OptionalLong seed) {
  /** Kinds of Hadamard matrices. */
  public enum Kind {
    /** {@link HadamardMatrix} of order m, Kronecker product with Sylvester's of order 2^p. */
    HADAMARD,
    /** Kronecker power of the regular matrix of order 4. */
    REGULAR
  }

  public Rotation {
    if (!exists(kind, block)) {
      throw new ShapeException(
          "There is no "
              + (kind == Kind.REGULAR
                  ? "regular Hadamard matrix of order "
                  : "Hadamard matrix of order ")
              + block
              + " here.");
    }
  }

  /** Whether blocks of so many channels can be rotated. */
  public static boolean exists(Kind kind, int block) {
    return kind == Kind.REGULAR
        ? Integer.bitCount(block) == 1 && Integer.numberOfTrailingZeros(block) % 2 == 0 && block > 1
        : block > 1 && HadamardMatrix.baseOf(block).isPresent();
  }

  /** Order m of the outer matrix; 1 for none. */
  public int base() {
    return kind == Kind.REGULAR ? 1 : HadamardMatrix.baseOf(block).orElseThrow();
  }

  /** Whether rows of so many channels consist of whole blocks. */
  public boolean fits(int channels) {
    return channels % block == 0;
  }

  /** 1 or -1 per channel. */
  public float[] signs(int channels) {
    float[] signs = new float[channels];
    Random random = seed.isPresent() ? new Random(seed.getAsLong()) : null;
    for (int c = 0; c < channels; c++) {
      signs[c] = random != null && random.nextBoolean() ? -1 : 1;
    }
    return signs;
  }

  /**
   * What a backend divides by before the blocks are rotated: s ∘ d, which is the same to the bit as
   * dividing by s and taking signs; empty if both are 1.
   */
  public Optional<float[]> divisors(Optional<float[]> balance, int channels) {
    if (seed.isEmpty()) {
      return balance;
    }
    float[] divisors = signs(channels);
    for (int c = 0; c < channels; c++) {
      divisors[c] *= balance.isPresent() ? balance.get()[c] : 1;
    }
    return Optional.of(divisors);
  }

  /**
   * Rotates rows [.., channels], signs included.
   *
   * @return rotated copies
   */
  public float[] rotate(float[] rows, int channels) {
    if (!fits(channels) || rows.length % channels != 0) {
      throw new ShapeException(
          "Rows of " + channels + " channels are not whole blocks of " + block + ".");
    }
    float[] signs = signs(channels);
    float[] rotated = rows.clone();
    for (int i = 0; i < rotated.length; i++) {
      rotated[i] *= signs[i % channels];
    }
    rotateBlocks(rotated);
    return rotated;
  }

  /** Rotates values that have their signs, in place. */
  public void rotateBlocks(float[] values) {
    int base = base();
    int inner = block / base;
    int[][] matrix = HadamardMatrix.of(base);
    float norm = 1f / (float) Math.sqrt(block);
    for (int from = 0; from < values.length; from += block) {
      if (kind == Kind.REGULAR) {
        for (int distance = 1; distance < block; distance *= 4) {
          quadruples(values, from, distance);
        }
      } else {
        for (int distance = 1; distance < inner; distance *= 2) {
          pairs(values, from, distance);
        }
        if (base > 1) {
          outer(values, from, inner, matrix, false);
        }
      }
      for (int i = from; i < from + block; i++) {
        values[i] *= norm;
      }
    }
  }

  /** The inverse of {@link #rotate}, up to rounding. */
  public float[] undo(float[] rows, int channels) {
    float[] values = rows.clone();
    int base = base();
    if (kind == Kind.REGULAR || base == 1) {
      rotateBlocks(values); // symmetric
    } else {
      int inner = block / base;
      int[][] matrix = HadamardMatrix.of(base);
      float norm = 1f / (float) Math.sqrt(block);
      for (int from = 0; from < values.length; from += block) {
        for (int distance = 1; distance < inner; distance *= 2) {
          pairs(values, from, distance);
        }
        outer(values, from, inner, matrix, true);
        for (int i = from; i < from + block; i++) {
          values[i] *= norm;
        }
      }
    }
    float[] signs = signs(channels);
    for (int i = 0; i < values.length; i++) {
      values[i] *= signs[i % channels];
    }
    return values;
  }

  private void pairs(float[] values, int from, int distance) {
    for (int first = from; first < from + block; first += 2 * distance) {
      for (int i = first; i < first + distance; i++) {
        float a = values[i];
        float b = values[i + distance];
        values[i] = a + b;
        values[i + distance] = a - b;
      }
    }
  }

  private void quadruples(float[] values, int from, int distance) {
    for (int first = from; first < from + block; first += 4 * distance) {
      for (int i = first; i < first + distance; i++) {
        float sum = values[i] + values[i + distance];
        float difference = values[i] - values[i + distance];
        float sumBehind = values[i + 2 * distance] + values[i + 3 * distance];
        float differenceBehind = values[i + 2 * distance] - values[i + 3 * distance];
        values[i] = sum + differenceBehind;
        values[i + distance] = sum - differenceBehind;
        values[i + 2 * distance] = difference + sumBehind;
        values[i + 3 * distance] = sumBehind - difference;
      }
    }
  }

  private static void outer(
      float[] values, int from, int inner, int[][] matrix, boolean transposed) {
    int base = matrix.length;
    float[] sums = new float[base];
    for (int j = from; j < from + inner; j++) {
      for (int r = 0; r < base; r++) {
        float sum = (transposed ? matrix[0][r] : matrix[r][0]) * values[j];
        for (int i = 1; i < base; i++) {
          sum += (transposed ? matrix[i][r] : matrix[r][i]) * values[j + i * inner];
        }
        sums[r] = sum;
      }
      for (int r = 0; r < base; r++) {
        values[j + r * inner] = sums[r];
      }
    }
  }
}
