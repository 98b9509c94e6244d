package org.viditq.tests.parity;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.ActivationQuantization;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.quant.SmallScaleRule;
import org.viditq.core.quant.TimestepRange;
import org.viditq.core.tensor.Tensor;
import org.viditq.verify.runner.Results;

/**
 * A quantized linear layer with the unit matrix for a weight, on activation grids that are
 * calibrated or shared by rows: its output is the quantized input.
 */
record SharedGridsCase(
    Scheme scheme,
    Operand operand,
    int bits,
    boolean symmetric,
    boolean balanced,
    int batch,
    int tokens,
    int channels)
    implements ParityCase {

  /** Where the grids come from. */
  enum Scheme {
    SHARED,
    SHARED_AS_PUBLISHED,
    PER_ROW_AS_PUBLISHED,
    STATIC_TENSOR,
    STATIC_TOKEN
  }

  static List<ParityCase> all() {
    List<ParityCase> cases = new ArrayList<>();
    for (Scheme scheme : Scheme.values()) {
      for (Operand operand : Operand.values()) {
        cases.add(new SharedGridsCase(scheme, operand, 8, false, false, 3, 5, 33));
        cases.add(new SharedGridsCase(scheme, operand, 6, true, true, 2, 7, 17));
      }
      cases.add(new SharedGridsCase(scheme, Operand.NORMAL, 8, true, false, 1, 1, 1));
      cases.add(new SharedGridsCase(scheme, Operand.ZERO_ROWS, 4, false, true, 2, 50, 65));
    }
    return cases;
  }

  @Override
  public String name() {
    return "shared grids " + this;
  }

  private IntegerFormat format() {
    return new IntegerFormat(bits, symmetric);
  }

  private ActivationQuantization activation() {
    return switch (scheme) {
      case SHARED -> new ActivationQuantization.DynamicTokenShared(format());
      case SHARED_AS_PUBLISHED ->
          new ActivationQuantization.DynamicTokenShared(
              format(), SmallScaleRule.ALL_GROUPS_AS_PUBLISHED);
      case PER_ROW_AS_PUBLISHED ->
          new ActivationQuantization.DynamicToken(format(), SmallScaleRule.ALL_GROUPS_AS_PUBLISHED);
      case STATIC_TENSOR -> new ActivationQuantization.StaticTensor(calibrated(1));
      case STATIC_TOKEN -> new ActivationQuantization.StaticToken(calibrated(tokens));
    };
  }

  private AffineGrid calibrated(int groups) {
    float[] scale = new float[groups];
    int[] zeroPoint = new int[groups];
    for (int group = 0; group < groups; group++) {
      scale[group] = 0.02f * (group + 1);
      zeroPoint[group] = symmetric ? 0 : group % (1 << bits);
    }
    return new AffineGrid(format(), scale, zeroPoint);
  }

  private float[] balance() {
    float[] s = new float[channels];
    for (int c = 0; c < channels; c++) {
      s[c] = 0.7f + c % 5;
    }
    return s;
  }

  private Tensor x() {
    return operand.tensor(21, batch, tokens, channels);
  }

  @Override
  public <V> Results compute(Operators<V> operators) {
    byte[] unit = new byte[channels * channels];
    float[] scale = new float[channels];
    for (int c = 0; c < channels; c++) {
      unit[c * channels + c] = 1;
      scale[c] = 1;
    }
    QuantizedWeight weight =
        new QuantizedWeight(
            new ByteCodes(channels, channels, unit),
            new AffineGrid(IntegerFormat.asymmetric(8), scale, new int[channels]));
    WeightSet set =
        new WeightSet(
            TimestepRange.ALL,
            weight,
            balanced ? Optional.of(balance()) : Optional.empty(),
            activation());
    Linear layer =
        operators.prepare(new QuantizedLinearParameters("unit", List.of(set), Optional.empty()));
    return new Results()
        .put("quantized", operators.read(operators.linear(operators.constant(x()), layer)));
  }

  @Override
  public Optional<Results> oracle() {
    float[] values = x().data();
    float[] s = balance();
    for (int i = 0; balanced && i < values.length; i++) {
      values[i] /= s[i % channels];
    }
    Tensor quantized = Tensor.zeros(batch, tokens, channels);
    for (int row = 0; row < batch * tokens; row++) {
      float delta = delta(values, row);
      long zeroPoint = zeroPoint(values, row, delta);
      int smallest = symmetric ? -(1 << (bits - 1)) : 0;
      for (int i = row * channels; i < (row + 1) * channels; i++) {
        double code = Math.rint(values[i] / delta) + zeroPoint;
        double clamped = Math.max(smallest, Math.min(smallest + (1 << bits) - 1, code));
        quantized.data()[i] = (float) ((clamped - zeroPoint) * delta);
      }
    }
    return Optional.of(new Results().put("quantized", quantized));
  }

  private boolean isStatic() {
    return scheme == Scheme.STATIC_TENSOR || scheme == Scheme.STATIC_TOKEN;
  }

  private int staticGroup(int row) {
    return scheme == Scheme.STATIC_TENSOR ? 0 : row % tokens;
  }

  private float delta(float[] values, int row) {
    if (isStatic()) {
      return calibrated(tokens).scale()[staticGroup(row)];
    }
    float own = plainDelta(values, row);
    boolean replaced = own < 1e-6f;
    if (scheme != Scheme.SHARED) {
      int sample = row / tokens;
      for (int other = sample * tokens; other < (sample + 1) * tokens; other++) {
        replaced |= plainDelta(values, other) < 1e-6f;
      }
    }
    return replaced ? 1e-6f : own;
  }

  /** Before the rule on small ones. */
  private float plainDelta(float[] values, int row) {
    float lo = -extreme(values, row, -1);
    float hi = extreme(values, row, 1);
    return symmetric ? Math.max(-lo, hi) / ((1 << (bits - 1)) - 1) : (hi - lo) / ((1 << bits) - 1);
  }

  private long zeroPoint(float[] values, int row, float delta) {
    if (isStatic()) {
      return calibrated(tokens).zeroPoint()[staticGroup(row)];
    }
    return symmetric ? 0 : (long) Math.rint(extreme(values, row, -1) / delta);
  }

  /** Largest value * sign of the rows that share a grid with {@code row}, and of 0. */
  private float extreme(float[] values, int row, int sign) {
    float largest = 0;
    for (int other = 0; other < batch * tokens; other++) {
      boolean same =
          scheme == Scheme.PER_ROW_AS_PUBLISHED ? other == row : other % tokens == row % tokens;
      for (int c = 0; same && c < channels; c++) {
        largest = Math.max(largest, sign * values[other * channels + c]);
      }
    }
    return largest;
  }
}
