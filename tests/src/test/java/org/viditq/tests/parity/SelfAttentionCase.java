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
 * Self attention, within the sequences of each sample, whose q, k and v are made by quantized or
 * full-precision layers of one input, three or one; the judge composes it of its operators.
 */
record SelfAttentionCase(
    boolean quantized,
    boolean fused,
    int batch,
    int sequences,
    int tokens,
    int in,
    int heads,
    int headDim,
    int valueDim)
    implements ParityCase {

  static List<ParityCase> all() {
    List<ParityCase> cases = new ArrayList<>();
    int[][] shapes = {
      {1, 1, 1, 1, 1, 1, 1},
      {2, 1, 9, 33, 3, 8, 5},
      {3, 1, 67, 20, 2, 4, 4},
      {5, 1, 600, 16, 1, 8, 8},
      {1, 5, 7, 12, 3, 4, 4},
      {2, 300, 4, 9, 2, 4, 6},
      {2, 3, 400, 10, 1, 8, 8}
    };
    for (int[] s : shapes) {
      for (boolean quantized : new boolean[] {false, true}) {
        for (boolean fused : new boolean[] {false, true}) {
          if (!fused || s[5] == s[6]) {
            cases.add(
                new SelfAttentionCase(quantized, fused, s[0], s[1], s[2], s[3], s[4], s[5], s[6]));
          }
        }
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
        fused
            ? List.of(layer(operators, "qkv", 71, 3 * heads * headDim))
            : List.of(
                layer(operators, "q", 71, heads * headDim),
                layer(operators, "k", 72, heads * headDim),
                layer(operators, "v", 73, heads * valueDim));
    V x = operators.constant(Operand.NORMAL.tensor(74, batch, sequences * tokens, in));
    LinearInput<V> input = LinearInput.of(x).inSequences(sequences);
    float scale = (float) (1 / Math.sqrt(headDim));
    return new Results()
        .put("output", operators.read(operators.selfAttention(input, projections, heads, scale)));
  }
}
