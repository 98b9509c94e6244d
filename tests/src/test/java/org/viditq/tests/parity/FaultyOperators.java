package org.viditq.tests.parity;

import java.util.Optional;
import org.viditq.core.operators.Activation;
import org.viditq.core.operators.AttentionPrecision;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.ForwardingOperators;
import org.viditq.core.operators.IntegerOperators;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.LinearInput;
import org.viditq.core.operators.Operators;
import org.viditq.core.quant.ActivationQuantization;
import org.viditq.core.quant.QuantizedActivations;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.tensor.Tensor;

/** The reference with one mistake, as a kernel might have it. */
final class FaultyOperators<V> extends ForwardingOperators<V> implements IntegerOperators {
  /** Mistakes that the table of cases must find. */
  enum Fault {
    LAST_OUTPUT_OF_LINEAR_OFF,
    GATE_FORGOTTEN,
    CODE_OFF_BY_ONE,
    ROW_SUM_FORGOTTEN,
    ACCUMULATOR_OFF_BY_ONE,
    TIMESTEP_IGNORED,
    ATTENTION_BIAS_FORGOTTEN,
    PACKED_TEXT_OF_FIRST_SAMPLE_FOR_ALL,
    NORM_EPS_TOO_LARGE,
    SHIFT_FORGOTTEN,
    INPUT_NOT_MODULATED,
    ACTIVATION_BETWEEN_LAYERS_FORGOTTEN
  }

  private final Fault fault;

  FaultyOperators(Operators<V> inner, Fault fault) {
    super(inner);
    this.fault = fault;
  }

  @Override
  public V linear(V x, Linear layer, Epilogue<V> epilogue) {
    Epilogue<V> used =
        fault == Fault.GATE_FORGOTTEN
            ? new Epilogue<>(epilogue.activation(), Optional.empty(), epilogue.residual())
            : epilogue;
    V y = inner().linear(x, layer, used);
    if (fault != Fault.LAST_OUTPUT_OF_LINEAR_OFF) {
      return y;
    }
    Tensor result = inner().read(y);
    float[] values = result.data().clone();
    values[values.length - 1] += 0.01f * (1 + Math.abs(values[values.length - 1]));
    return inner().constant(Tensor.of(result.shape(), values));
  }

  @Override
  public V linear(LinearInput<V> x, Linear layer, Epilogue<V> epilogue) {
    LinearInput<V> used =
        fault == Fault.INPUT_NOT_MODULATED && x instanceof LinearInput.Modulated<V> modulated
            ? LinearInput.of(modulated.x()).inSequences(x.sequences())
            : x;
    return super.linear(used, layer, epilogue);
  }

  @Override
  public V feedForward(
      LinearInput<V> x, Linear up, Activation activation, Linear down, Epilogue<V> epilogue) {
    boolean forget = fault == Fault.ACTIVATION_BETWEEN_LAYERS_FORGOTTEN;
    return super.feedForward(x, up, forget ? Activation.NONE : activation, down, epilogue);
  }

  @Override
  public void selectTimestep(double timestep) {
    inner().selectTimestep(fault == Fault.TIMESTEP_IGNORED ? 0 : timestep);
  }

  @Override
  public V attention(
      V q, V k, V v, int heads, float scale, Optional<V> bias, AttentionPrecision precision) {
    boolean forget = fault == Fault.ATTENTION_BIAS_FORGOTTEN;
    return inner().attention(q, k, v, heads, scale, forget ? Optional.empty() : bias, precision);
  }

  @Override
  public V attentionPacked(
      V q, V k, V v, int heads, float scale, int[] lengths, AttentionPrecision precision) {
    if (fault != Fault.PACKED_TEXT_OF_FIRST_SAMPLE_FOR_ALL) {
      return inner().attentionPacked(q, k, v, heads, scale, lengths, precision);
    }
    V first = inner().slice(k, 1, 0, lengths[0]);
    V firstValues = inner().slice(v, 1, 0, lengths[0]);
    int batch = inner().shape(q).dim(0);
    int channels = inner().shape(q).dim(2);
    return inner()
        .attention(
            q,
            inner().broadcast(first, batch, lengths[0], channels),
            inner().broadcast(firstValues, batch, lengths[0], channels),
            heads,
            scale,
            Optional.empty(),
            precision);
  }

  @Override
  public V layerNorm(V x, Optional<V> gamma, Optional<V> beta, float eps) {
    return inner().layerNorm(x, gamma, beta, fault == Fault.NORM_EPS_TOO_LARGE ? 1e-3f : eps);
  }

  @Override
  public V layerNormModulate(V x, V shift, V scale, float eps) {
    V used = fault == Fault.SHIFT_FORGOTTEN ? inner().scale(shift, 0) : shift;
    return inner().layerNormModulate(x, used, scale, eps);
  }

  @Override
  public QuantizedActivations quantize(Tensor x, ActivationQuantization scheme) {
    QuantizedActivations right = ((IntegerOperators) inner()).quantize(x, scheme);
    byte[] codes = right.codes().clone();
    int[] rowSum = right.rowSum().clone();
    if (fault == Fault.CODE_OFF_BY_ONE) {
      codes[codes.length - 1] ^= 1;
    } else if (fault == Fault.ROW_SUM_FORGOTTEN) {
      rowSum[rowSum.length - 1] = 0;
    }
    return new QuantizedActivations(
        right.format(),
        right.rows(),
        right.columns(),
        codes,
        right.scale(),
        right.zeroPoint(),
        rowSum);
  }

  @Override
  public int[] accumulate(QuantizedActivations a, QuantizedWeight w) {
    int[] sums = ((IntegerOperators) inner()).accumulate(a, w);
    if (fault == Fault.ACCUMULATOR_OFF_BY_ONE) {
      sums[sums.length - 1]++;
    }
    return sums;
  }
}
