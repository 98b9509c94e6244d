package org.viditq.quantize.calibrate;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.ForwardingOperators;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.LinearParameters;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.ActivationQuantization;
import org.viditq.core.quant.SmallScaleRule;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.balance.BalanceVector;
import org.viditq.quantize.plan.ActivationMode;
import org.viditq.quantize.plan.ActivationSettings;

/**
 * Finds static activation grids the way the published code does: calibration batches go through the
 * quantized model, and each quantized layer first updates its range from the input at hand (divided
 * by the balancing vector), then computes with the grid of that range.
 */
public final class StaticGridOperators<V> extends ForwardingOperators<V> {
  private final ActivationSettings settings;
  private final SmallScaleRule smallScales;
  private final Map<String, RunningRange> ranges;
  private double timestep;

  /**
   * @param inner must compute at once
   * @param ranges by layer; carries over to the operators of the next batch
   */
  public StaticGridOperators(
      Operators<V> inner,
      ActivationSettings settings,
      SmallScaleRule smallScales,
      Map<String, RunningRange> ranges) {
    super(inner);
    this.settings = settings;
    this.smallScales = smallScales;
    this.ranges = ranges;
  }

  /** As {@link #StaticGridOperators(Operators, ActivationSettings, SmallScaleRule, Map)}, anew. */
  public StaticGridOperators(
      Operators<V> inner, ActivationSettings settings, SmallScaleRule smallScales) {
    this(inner, settings, smallScales, new HashMap<>());
  }

  /** A quantized layer whose grid changes from batch to batch. */
  private record Calibrating(QuantizedLinearParameters parameters, boolean hasGridPerTokenIndex)
      implements Linear {}

  @Override
  public Linear prepare(LinearParameters parameters) {
    return parameters instanceof QuantizedLinearParameters quantized
        ? new Calibrating(quantized, settings.mode() == ActivationMode.STATIC_TOKEN)
        : inner().prepare(parameters);
  }

  @Override
  public void selectTimestep(double timestep) {
    this.timestep = timestep;
    inner().selectTimestep(timestep);
  }

  @Override
  public V linear(V x, Linear layer, Epilogue<V> epilogue) {
    if (!(layer instanceof Calibrating calibrating)) {
      return inner().linear(x, layer, epilogue);
    }
    QuantizedLinearParameters parameters = calibrating.parameters();
    WeightSet set = parameters.sets().get(parameters.setFor(timestep));
    Tensor balanced = asQuantized(inner().read(x), set);
    ranges
        .computeIfAbsent(parameters.name(), name -> new RunningRange(settings))
        .update(InputStatistics.of(parameters.name(), balanced));
    return inner().linear(x, inner().prepare(withGrids(parameters)), epilogue);
  }

  /** What of an input becomes codes: divided by the balancing vector, rotated. */
  static Tensor asQuantized(Tensor x, WeightSet set) {
    Tensor divided = set.balance().map(s -> BalanceVector.divide(x, s)).orElse(x);
    return set.rotation()
        .map(r -> Tensor.of(divided.shape(), r.rotate(divided.data(), divided.dim(-1))))
        .orElse(divided);
  }

  /**
   * The layer with the grids found so far in place of its activation quantization.
   *
   * @throws IllegalStateException if no batch has gone through the layer
   */
  public QuantizedLinearParameters withGrids(QuantizedLinearParameters layer) {
    RunningRange range = ranges.get(layer.name());
    if (range == null) {
      throw new IllegalStateException("Nothing went through layer " + layer.name() + ".");
    }
    List<WeightSet> sets = new ArrayList<>();
    for (WeightSet set : layer.sets()) {
      ActivationQuantization activation =
          range.quantization(set.activation().format(), smallScales);
      sets.add(set.with(activation));
    }
    return new QuantizedLinearParameters(layer.name(), sets, layer.bias(), layer.branch());
  }
}
