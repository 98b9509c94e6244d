package org.viditq.reference;

import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.error.NonFiniteException;

/** Refuses NaN and infinities. */
final class Finite {
  private static final int PIECE = 1 << 16;

  private Finite() {}

  /**
   * Reads a stored tensor once, piece by piece.
   *
   * @param what begins the message, for example "The weight of layer proj_out"
   * @throws NonFiniteException if it holds NaN or infinity
   */
  static void require(StoredTensor tensor, String what) {
    int size = tensor.shape().size();
    float[] piece = new float[Math.min(PIECE, size)];
    for (int start = 0; start < size; start += piece.length) {
      int count = Math.min(piece.length, size - start);
      tensor.copyTo(start, piece, 0, count);
      require(piece, 0, count, what);
    }
  }

  /**
   * @throws NonFiniteException if one of the values is NaN or infinity
   */
  static void require(float[] values, String what) {
    require(values, 0, values.length, what);
  }

  /**
   * @throws NonFiniteException if one of the values from (inclusive) to (exclusive) is NaN or
   *     infinity
   */
  static void require(float[] values, int from, int to, String what) {
    // x * 0 is NaN exactly for NaN and infinity: one test for the whole piece.
    float sum = 0;
    for (int i = from; i < to; i++) {
      sum += values[i] * 0f;
    }
    if (Float.isNaN(sum)) {
      throw new NonFiniteException(what + " holds NaN or infinity; check where it came from.");
    }
  }
}
