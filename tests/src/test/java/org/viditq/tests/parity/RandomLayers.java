package org.viditq.tests.parity;

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

/** Quantized layers of random weights, the same for the same arguments. */
final class RandomLayers {
  private RandomLayers() {}

  /** Codes [out, in] and zero points of the whole range of the format. */
  static QuantizedWeight weight(IntegerFormat format, int out, int in) {
    Random random = new Random(31L * out + in);
    byte[] codes = new byte[out * in];
    float[] scale = new float[out];
    int[] zeroPoint = new int[out];
    int codeCount = 1 << format.bits();
    for (int i = 0; i < codes.length; i++) {
      codes[i] = (byte) (format.minCode() + random.nextInt(codeCount));
    }
    for (int n = 0; n < out; n++) {
      scale[n] = 1e-3f * (1 + random.nextInt(9));
      zeroPoint[n] = format.symmetric() ? 0 : random.nextInt(codeCount);
    }
    return new QuantizedWeight(
        new ByteCodes(out, in, codes), new AffineGrid(format, scale, zeroPoint));
  }

  /** Divisors [in], most of them between 0.1 and 10. */
  static float[] balance(int in) {
    float[] s = Operand.NORMAL.tensor(72, in).data();
    for (int c = 0; c < in; c++) {
      s[c] = (float) Math.exp(s[c]);
    }
    return s;
  }

  /** A layer in the deployed form with a bias; balanced if it has an odd number of outputs. */
  static QuantizedLinearParameters layer(
      String name, IntegerFormat weights, IntegerFormat activations, int out, int in) {
    WeightSet set =
        new WeightSet(
            TimestepRange.ALL,
            weight(weights, out, in),
            out % 2 == 1 ? Optional.of(balance(in)) : Optional.empty(),
            new DynamicToken(activations));
    return new QuantizedLinearParameters(
        name, List.of(set), Optional.of(Operand.NORMAL.tensor(73, out)));
  }
}
