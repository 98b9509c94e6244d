package org.viditq.tests.parity;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.viditq.core.operators.IntegerOperators;
import org.viditq.core.operators.Operators;
import org.viditq.core.quant.ActivationQuantization.DynamicToken;
import org.viditq.core.quant.ActivationQuantization.DynamicTokenShared;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.QuantizedActivations;
import org.viditq.core.tensor.Tensor;
import org.viditq.verify.runner.Results;

/** Codes, grids and row sums of activations, to the bit: one grid per row, or per token index. */
record TokenQuantizationCase(
    Operand operand,
    int bits,
    boolean symmetric,
    boolean shared,
    int batch,
    int tokens,
    int channels)
    implements ParityCase {

  static List<ParityCase> all() {
    List<ParityCase> cases = new ArrayList<>();
    for (Operand operand : Operand.values()) {
      for (int bits : new int[] {8, 6, 4}) {
        for (boolean symmetric : new boolean[] {false, true}) {
          cases.add(new TokenQuantizationCase(operand, bits, symmetric, false, 2, 7, 33));
          cases.add(new TokenQuantizationCase(operand, bits, symmetric, true, 3, 5, 65));
        }
      }
    }
    int[][] shapes = {{1, 1, 1}, {1, 1, 2}, {1, 3, 15}, {2, 2, 16}, {1, 2, 17}, {5, 1, 1153}};
    for (int[] s : shapes) {
      cases.add(new TokenQuantizationCase(Operand.NORMAL, 8, false, false, s[0], s[1], s[2]));
      cases.add(new TokenQuantizationCase(Operand.NORMAL, 8, true, false, s[0], s[1], s[2]));
    }
    return cases;
  }

  @Override
  public String name() {
    return "quantize " + this;
  }

  private IntegerFormat format() {
    return new IntegerFormat(bits, symmetric);
  }

  private Tensor x() {
    return operand.tensor(7, batch, tokens, channels);
  }

  @Override
  public boolean supports(Operators<?> operators) {
    return operators instanceof IntegerOperators;
  }

  @Override
  public <V> Results compute(Operators<V> operators) {
    QuantizedActivations result =
        ((IntegerOperators) operators)
            .quantize(x(), shared ? new DynamicTokenShared(format()) : new DynamicToken(format()));
    int rows = batch * tokens;
    int[] codes = new int[rows * channels];
    for (int i = 0; i < codes.length; i++) {
      codes[i] = result.code(i / channels, i % channels);
    }
    return new Results()
        .put("codes", codes, rows, channels)
        .put("scale_bits", floatBits(result.scale()), rows)
        .put("zero_point", result.zeroPoint().clone(), rows)
        .put("row_sum", result.rowSum().clone(), rows);
  }

  @Override
  public Optional<Results> oracle() {
    float[] x = x().data();
    int rows = batch * tokens;
    int[] codes = new int[rows * channels];
    float[] scale = new float[rows];
    int[] zeroPoint = new int[rows];
    int[] rowSum = new int[rows];
    for (int row = 0; row < rows; row++) {
      List<Integer> members = members(row);
      float[] group = new float[members.size() * channels];
      for (int m = 0; m < members.size(); m++) {
        System.arraycopy(x, members.get(m) * channels, group, m * channels, channels);
      }
      PlainQuantizer quantized = PlainQuantizer.of(format(), group);
      scale[row] = quantized.delta();
      zeroPoint[row] = quantized.zeroPoint();
      int own = members.indexOf(row);
      for (int c = 0; c < channels; c++) {
        codes[row * channels + c] = quantized.codes()[own * channels + c];
        rowSum[row] += codes[row * channels + c];
      }
    }
    return Optional.of(
        new Results()
            .put("codes", codes, rows, channels)
            .put("scale_bits", floatBits(scale), rows)
            .put("zero_point", zeroPoint, rows)
            .put("row_sum", rowSum, rows));
  }

  /** The rows that share a grid with {@code row}. */
  private List<Integer> members(int row) {
    List<Integer> members = new ArrayList<>();
    for (int other = 0; other < batch * tokens; other++) {
      if (other == row || shared && other % tokens == row % tokens) {
        members.add(other);
      }
    }
    return members;
  }

  private static int[] floatBits(float[] values) {
    int[] bits = new int[values.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToIntBits(values[i]);
    }
    return bits;
  }
}
