package org.viditq.core.operators;

import java.util.Locale;

/**
 * The numbers that full-precision linear layers multiply; on processors everything else is float32,
 * on GPUs whatever is not integers has this type.
 */
public enum Precision {
  /** float32. */
  FP32,

  /**
   * Weights and inputs rounded to bfloat16 (8 significand bits, to nearest, ties to even), sums and
   * results float32. A product of K values x and w is off by about 2^-8 times the sum of |x w| at
   * most.
   */
  BF16,

  /** IEEE's 16-bit numbers (11 significand bits, up to 65504); on GPUs only. */
  FP16;

  /** As {@code --precision} takes it. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
