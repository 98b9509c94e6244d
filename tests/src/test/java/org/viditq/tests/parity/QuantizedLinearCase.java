package org.viditq.tests.parity;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.viditq.core.operators.IntegerOperators;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.ActivationQuantization.DynamicToken;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.quant.TimestepRange;
import org.viditq.core.tensor.Tensor;
import org.viditq.verify.runner.Results;

/**
 * Quantized linear layer with two timestep ranges, balancing and bias, against
 * dequantize-then-multiply; and the raw accumulators against a plain sum of code products.
 */
record QuantizedLinearCase(
    Operand operand, int weightBits, int bits, boolean symmetric, int rows, int in, int out)
    implements ParityCase {

  static List<ParityCase> all() {
    List<ParityCase> cases = new ArrayList<>();
    for (Operand operand : Operand.values()) {
      cases.add(new QuantizedLinearCase(operand, 8, 8, false, 7, 33, 17));
    }
    int[][] shapes = {{1, 1, 1}, {3, 2, 5}, {16, 64, 48}, {5, 130, 31}, {2, 1153, 9}};
    for (int[] s : shapes) {
      for (boolean symmetric : new boolean[] {false, true}) {
        cases.add(new QuantizedLinearCase(Operand.NORMAL, 8, 8, symmetric, s[0], s[1], s[2]));
        cases.add(new QuantizedLinearCase(Operand.OUTLIERS, 6, 6, symmetric, s[0], s[1], s[2]));
        cases.add(new QuantizedLinearCase(Operand.NORMAL, 4, 8, symmetric, s[0], s[1], s[2]));
      }
    }
    return cases;
  }

  @Override
  public String name() {
    return "quantized linear " + this;
  }

  @Override
  public boolean supports(Operators<?> operators) {
    return operators instanceof IntegerOperators;
  }

  private IntegerFormat activationFormat() {
    return new IntegerFormat(bits, symmetric);
  }

  private IntegerFormat weightFormat() {
    return new IntegerFormat(weightBits, symmetric);
  }

  private Tensor x() {
    return operand.tensor(11, 1, rows, in);
  }

  private Tensor bias() {
    return Operand.NORMAL.tensor(12, out);
  }

  private float[] balance() {
    float[] s = Operand.NORMAL.tensor(13, in).data();
    for (int c = 0; c < in; c++) {
      s[c] = 0.5f + Math.abs(s[c]);
    }
    return s;
  }

  /** Weight rows of a range on their grids. */
  private PlainQuantizer[] weight(int range) {
    float[] w = Operand.NORMAL.tensor(14 + range, out, in).data();
    PlainQuantizer[] quantized = new PlainQuantizer[out];
    for (int o = 0; o < out; o++) {
      quantized[o] = PlainQuantizer.of(weightFormat(), Arrays.copyOfRange(w, o * in, (o + 1) * in));
    }
    return quantized;
  }

  private QuantizedLinearParameters layer() {
    return new QuantizedLinearParameters(
        "layer",
        List.of(
            set(new TimestepRange(0, 501), 0, Optional.empty()),
            set(new TimestepRange(501, 1001), 1, Optional.of(balance()))),
        Optional.of(bias()));
  }

  @Override
  public <V> Results compute(Operators<V> operators) {
    IntegerOperators integer = (IntegerOperators) operators;
    int[] sums =
        integer.accumulate(
            integer.quantize(x(), new DynamicToken(activationFormat())),
            layer().sets().get(0).weight());
    return outputs(operators).put("accumulators", sums, rows, out);
  }

  /** What backends compute that do not open up their integers. */
  <V> Results outputs(Operators<V> operators) {
    var layer = operators.prepare(layer());
    V x = operators.constant(x());
    operators.selectTimestep(500.5);
    Tensor early = operators.read(operators.linear(x, layer));
    operators.selectTimestep(501);
    Tensor late = operators.read(operators.linear(x, layer));
    return new Results().put("unbalanced", early).put("balanced", late);
  }

  private WeightSet set(TimestepRange range, int index, Optional<float[]> balance) {
    PlainQuantizer[] plain = weight(index);
    float[] scale = new float[out];
    int[] zeroPoint = new int[out];
    byte[] codes = new byte[out * in];
    for (int o = 0; o < out; o++) {
      scale[o] = plain[o].delta();
      zeroPoint[o] = plain[o].zeroPoint();
      for (int i = 0; i < in; i++) {
        codes[o * in + i] = (byte) plain[o].codes()[i];
      }
    }
    AffineGrid grid = new AffineGrid(weightFormat(), scale, zeroPoint);
    return new WeightSet(
        range,
        new QuantizedWeight(new ByteCodes(out, in, codes), grid),
        balance,
        new DynamicToken(activationFormat()));
  }

  @Override
  public Optional<Results> oracle() {
    return Optional.of(
        new Results()
            .put("unbalanced", multiply(0, false))
            .put("balanced", multiply(1, true))
            .put("accumulators", sums(), rows, out));
  }

  private PlainQuantizer row(int row, boolean balanced) {
    float[] values = Arrays.copyOfRange(x().data(), row * in, (row + 1) * in);
    float[] s = balance();
    for (int i = 0; balanced && i < in; i++) {
      values[i] /= s[i];
    }
    return PlainQuantizer.of(activationFormat(), values);
  }

  private Tensor multiply(int range, boolean balanced) {
    PlainQuantizer[] w = weight(range);
    float[] bias = bias().data();
    Tensor y = Tensor.zeros(1, rows, out);
    for (int r = 0; r < rows; r++) {
      PlainQuantizer a = row(r, balanced);
      for (int o = 0; o < out; o++) {
        double sum = bias[o];
        for (int i = 0; i < in; i++) {
          sum += a.value(i) * w[o].value(i);
        }
        y.data()[r * out + o] = (float) sum;
      }
    }
    return y;
  }

  private int[] sums() {
    PlainQuantizer[] w = weight(0);
    int[] sums = new int[rows * out];
    for (int r = 0; r < rows; r++) {
      PlainQuantizer a = row(r, false);
      for (int o = 0; o < out; o++) {
        for (int i = 0; i < in; i++) {
          sums[r * out + o] += a.codes()[i] * w[o].codes()[i];
        }
      }
    }
    return sums;
  }
}
