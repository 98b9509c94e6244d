package org.viditq.reference;

import org.viditq.core.operators.Activation;
import org.viditq.core.tensor.Tensor;

/** The pointwise nonlinearities in float64. */
final class Nonlinearity {
  private static final int BLOCK = 1 << 12;
  private static final double SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);

  private Nonlinearity() {}

  static double apply(Activation activation, double x) {
    switch (activation) {
      case NONE:
        return x;
      case SILU:
        return x * sigmoid(x);
      case GELU_TANH:
        // 0.5 (1 + tanh u) = sigmoid(2u), which is cheaper and loses nothing for u << 0.
        return x * sigmoid(2 * SQRT_2_OVER_PI * (x + 0.044715 * x * x * x));
      case GELU_ERF:
        return 0.5 * x * (1 + ErrorFunction.erf(x / Math.sqrt(2)));
      case RELU:
        return Math.max(x, 0);
    }
    throw new AssertionError(activation);
  }

  static Tensor apply(Workers workers, Activation activation, Tensor x) {
    float[] in = x.data();
    float[] out = new float[in.length];
    workers.forEachBlock(
        in.length,
        BLOCK,
        (from, to) -> {
          for (int i = from; i < to; i++) {
            out[i] = (float) apply(activation, in[i]);
          }
        });
    return Tensor.of(x.shape(), out);
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }
}
