package org.viditq.tests.parity;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.LinearInput;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.ActivationQuantization.DynamicToken;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.quant.TimestepRange;
import org.viditq.verify.runner.Results;

/**
 * Self attention whose q, k and v are made by quantized or full-precision layers of one input; the
 * judge composes it of its operators.
 */
record SelfAttentionCase(
    boolean quantized, int batch, int tokens, int in, int heads, int headDim, int valueDim)
    implements ParityCase {

  static List<ParityCase> all() {
    List<ParityCase> cases = new ArrayList<>();
    int[][] shapes = {
      {1, 1, 1, 1, 1, 1}, {2, 9, 33, 3, 8, 5}, {3, 67, 20, 2, 4, 4}, {5, 600, 16, 1, 8, 8}
    };
    for (int[] s : shapes) {
      for (boolean quantized : new boolean[] {false, true}) {
        cases.add(new SelfAttentionCase(quantized, s[0], s[1], s[2], s[3], s[4], s[5]));
      }
    }
    return cases;
  }

  @Override
  public String name() {
    return "self attention " + this;
  }

  private <V> Linear layer(Operators<V> operators, String name, int seed, int out) {
    if (!quantized) {
      return operators.prepare(
          new DenseLinearParameters(
              name,
              MemoryTensor.of(name + ".weight", Operand.NORMAL.tensor(seed, out, in)),
              Optional.empty()));
    }
    byte[] codes = new byte[out * in];
    new Random(seed).nextBytes(codes);
    float[] scale = new float[out];
    int[] zeroPoint = new int[out];
    for (int n = 0; n < out; n++) {
      scale[n] = 0.002f * (1 + n % 3);
      zeroPoint[n] = 128 - n % 7;
    }
    WeightSet set =
        new WeightSet(
            TimestepRange.ALL,
            new QuantizedWeight(
                new ByteCodes(out, in, codes),
                new AffineGrid(IntegerFormat.asymmetric(8), scale, zeroPoint)),
            Optional.empty(),
            new DynamicToken(IntegerFormat.asymmetric(8)));
    return operators.prepare(new QuantizedLinearParameters(name, List.of(set), Optional.empty()));
  }

  @Override
  public <V> Results compute(Operators<V> operators) {
    List<Linear> projections =
        List.of(
            layer(operators, "q", 71, heads * headDim),
            layer(operators, "k", 72, heads * headDim),
            layer(operators, "v", 73, heads * valueDim));
    V x = operators.constant(Operand.NORMAL.tensor(74, batch, tokens, in));
    float scale = (float) (1 / Math.sqrt(headDim));
    return new Results()
        .put(
            "output",
            operators.read(operators.selfAttention(LinearInput.of(x), projections, heads, scale)));
  }
}
