package org.viditq.reference;

import org.viditq.core.error.NonFiniteException;

/** Refuses NaN and infinities. */
final class Finite {
  private Finite() {}

  /**
   * @param what begins the message, for example "The input of layer proj_out"
   * @throws NonFiniteException if one of the values is NaN or infinity
   */
  static void require(float[] values, String what) {
    // x * 0 is NaN exactly for NaN and infinity: one test for all.
    float sum = 0;
    for (float value : values) {
      sum += value * 0f;
    }
    if (Float.isNaN(sum)) {
      throw failure(what);
    }
  }

  private static NonFiniteException failure(String what) {
    return new NonFiniteException(what + " holds NaN or infinity; check where it came from.");
  }
}
