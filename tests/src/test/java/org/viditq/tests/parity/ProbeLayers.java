package org.viditq.tests.parity;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.ActivationQuantization.DynamicToken;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.quant.TimestepRange;

/**
 * Layers in the deployed form whose float32 outputs show integers: weight scales are 1, there is no
 * bias, and each output is the row's scale times an integer below 2^23 in magnitude, rounded once.
 * Rounding leaves different integers different, so equal outputs mean equal integers.
 */
final class ProbeLayers {
  /** Weights other than 0 in a channel: 129 * 255 * 255 is below 2^23. */
  private static final int TERMS = 129;

  private static final int CODE_CHANNELS = 512;

  private ProbeLayers() {}

  /**
   * Shows codes: min(in, 512) channels, the n-th of which sums q - z over the inputs n, n + 512 and
   * so on. Up to 512 inputs show one by one.
   */
  static QuantizedLinearParameters codes(
      int in, Optional<float[]> balance, IntegerFormat activations) {
    IntegerFormat format = IntegerFormat.asymmetric(8);
    int out = Math.min(in, CODE_CHANNELS);
    int[] zeroPoint = new Random(83).ints(out, 0, 255).toArray();
    byte[] codes = new byte[out * in];
    for (int n = 0; n < out; n++) {
      for (int c = 0; c < in; c++) {
        codes[n * in + c] = (byte) (zeroPoint[n] + (c % out == n ? 1 : 0));
      }
    }
    return layer("codes", format, zeroPoint, codes, balance, activations);
  }

  /**
   * Shows int32 sums: channels with weights of the whole range at 129 random inputs, or all if
   * there are fewer, and 0 elsewhere. What is packed and multiplied for 0 is the zero point.
   */
  static QuantizedLinearParameters sums(
      IntegerFormat weights,
      int in,
      int out,
      Optional<float[]> balance,
      IntegerFormat activations) {
    Random random = new Random(84);
    int codeCount = 1 << weights.bits();
    int[] zeroPoint = new int[out];
    byte[] codes = new byte[out * in];
    for (int n = 0; n < out; n++) {
      zeroPoint[n] = weights.symmetric() ? 0 : random.nextInt(codeCount);
      Arrays.fill(codes, n * in, (n + 1) * in, (byte) zeroPoint[n]);
      for (int term = 0; term < Math.min(in, TERMS); term++) {
        int c = in <= TERMS ? term : random.nextInt(in);
        codes[n * in + c] = (byte) (weights.minCode() + random.nextInt(codeCount));
      }
    }
    return layer("sums of " + weights, weights, zeroPoint, codes, balance, activations);
  }

  private static QuantizedLinearParameters layer(
      String name,
      IntegerFormat weights,
      int[] zeroPoint,
      byte[] codes,
      Optional<float[]> balance,
      IntegerFormat activations) {
    int out = zeroPoint.length;
    float[] scale = new float[out];
    Arrays.fill(scale, 1);
    QuantizedWeight weight =
        new QuantizedWeight(
            new ByteCodes(out, codes.length / out, codes),
            new AffineGrid(weights, scale, zeroPoint));
    WeightSet set =
        new WeightSet(TimestepRange.ALL, weight, balance, new DynamicToken(activations));
    return new QuantizedLinearParameters(name, List.of(set), Optional.empty());
  }
}
