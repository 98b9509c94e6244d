package org.viditq.core.random;

import org.viditq.core.tensor.Tensor;

/**
 * Draws what {@code torch.Generator("cpu").manual_seed(seed)} draws with {@code torch.rand} and
 * {@code torch.randn} in float32, so that a seed gives the same picture here as in Python.
 *
 * <p>The integer stream is PyTorch's to the bit, and so are the uniform numbers. Normal numbers
 * follow the same Box-Muller transforms on the same uniforms; logarithm, sine and cosine are
 * correctly rounded here, so single values may differ from PyTorch's vectorised functions in the
 * last bit or two.
 *
 * <p>Not safe for use by several threads.
 */
public final class TorchGenerator {
  /** {@code randn} transforms whole blocks of this many uniforms, the two halves as pairs. */
  private static final int BLOCK = 16;

  private static final int HALF = BLOCK / 2;
  private static final float TWO_PI = (float) (2 * Math.PI);

  private final MersenneTwister twister;

  /** The second value of the last scalar Box-Muller pair, kept over calls as PyTorch does. */
  private double pendingNormal;

  private boolean hasPendingNormal;

  /** PyTorch's CPU generator uses the low 32 bits of the seed. */
  public TorchGenerator(long seed) {
    this.twister = new MersenneTwister((int) seed);
  }

  /** Uniform numbers in [0, 1), multiples of 2^-24. */
  public Tensor rand(int... dims) {
    Tensor result = Tensor.zeros(dims);
    fillUniform(result.data(), 0, result.size());
    return result;
  }

  /** Standard normal numbers. */
  public Tensor randn(int... dims) {
    Tensor result = Tensor.zeros(dims);
    float[] values = result.data();
    if (values.length < BLOCK) {
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) nextNormal();
      }
      return result;
    }
    fillUniform(values, 0, values.length);
    int whole = values.length - values.length % BLOCK;
    for (int from = 0; from < whole; from += BLOCK) {
      transformBlock(values, from);
    }
    if (whole < values.length) {
      // The last block overlaps the one before it and is drawn afresh.
      int from = values.length - BLOCK;
      fillUniform(values, from, values.length);
      transformBlock(values, from);
    }
    return result;
  }

  private void fillUniform(float[] values, int from, int to) {
    for (int i = from; i < to; i++) {
      values[i] = (twister.nextInt() & 0xffffff) * 0x1p-24f;
    }
  }

  /** Box-Muller on 16 uniforms: element i pairs with element i + 8. */
  private static void transformBlock(float[] values, int from) {
    for (int i = from; i < from + HALF; i++) {
      float u1 = 1 - values[i];
      float u2 = values[i + HALF];
      float radius = (float) Math.sqrt(-2 * (float) Math.log(u1));
      float theta = TWO_PI * u2;
      values[i] = radius * (float) Math.cos(theta);
      values[i + HALF] = radius * (float) Math.sin(theta);
    }
  }

  /** The scalar path of draws with fewer than 16 elements, in double precision. */
  private double nextNormal() {
    if (hasPendingNormal) {
      hasPendingNormal = false;
      return pendingNormal;
    }
    double u1 = nextUniformDouble();
    double u2 = nextUniformDouble();
    double radius = Math.sqrt(-2 * Math.log1p(-u2));
    double theta = 2 * Math.PI * u1;
    pendingNormal = radius * Math.sin(theta);
    hasPendingNormal = true;
    return radius * Math.cos(theta);
  }

  /** 53 low bits of two outputs, the first of which is the high word. */
  private double nextUniformDouble() {
    long high = Integer.toUnsignedLong(twister.nextInt());
    long low = Integer.toUnsignedLong(twister.nextInt());
    return (((high << 32) | low) & ((1L << 53) - 1)) * 0x1p-53;
  }
}
