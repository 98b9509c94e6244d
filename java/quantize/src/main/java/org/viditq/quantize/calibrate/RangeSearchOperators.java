package org.viditq.quantize.calibrate;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.ForwardingOperators;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.LinearParameters;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.ActivationQuantization;
import org.viditq.core.quant.AffineGrid;

/**
 * Sees what quantized layers get, as it becomes codes (divided by the balancing vector, rotated),
 * and finds a static grid for each. Layers compute with the grids that they have, so that inputs
 * carry the errors of the weights before them.
 */
final class RangeSearchOperators<V> extends ForwardingOperators<V> {
  private final Map<String, ValueHistogram> seen = new HashMap<>();
  private double timestep;

  /** A layer as the inner operators prepared it. */
  private record Watched(QuantizedLinearParameters parameters, Linear prepared) implements Linear {
    @Override
    public boolean hasGridPerTokenIndex() {
      return prepared.hasGridPerTokenIndex();
    }
  }

  /**
   * @param inner must compute at once
   */
  RangeSearchOperators(Operators<V> inner) {
    super(inner);
  }

  @Override
  public Linear prepare(LinearParameters parameters) {
    Linear prepared = inner().prepare(parameters);
    return parameters instanceof QuantizedLinearParameters quantized
        ? new Watched(quantized, prepared)
        : prepared;
  }

  @Override
  public void selectTimestep(double selected) {
    this.timestep = selected;
    inner().selectTimestep(selected);
  }

  @Override
  public V linear(V x, Linear layer, Epilogue<V> epilogue) {
    if (!(layer instanceof Watched watched)) {
      return inner().linear(x, layer, epilogue);
    }
    QuantizedLinearParameters parameters = watched.parameters();
    WeightSet set = parameters.sets().get(parameters.setFor(timestep));
    float[] values = StaticGridOperators.asQuantized(inner().read(x), set).data();
    for (float value : values) {
      if (!Float.isFinite(value)) {
        throw new NonFiniteException(
            "The input of layer "
                + parameters.name()
                + " holds NaN or infinity during calibration.");
      }
    }
    seen.computeIfAbsent(parameters.name(), name -> new ValueHistogram()).add(values);
    return inner().linear(x, watched.prepared(), epilogue);
  }

  /**
   * The layer with the grid that was found.
   *
   * @throws IllegalStateException if nothing has gone through the layer
   */
  QuantizedLinearParameters withGrids(QuantizedLinearParameters layer) {
    ValueHistogram values = seen.get(layer.name());
    if (values == null) {
      throw new IllegalStateException("Nothing went through layer " + layer.name() + ".");
    }
    List<WeightSet> sets =
        layer.sets().stream()
            .map(
                set -> {
                  AffineGrid grid = values.search(set.activation().format());
                  return set.with(new ActivationQuantization.StaticTensor(grid));
                })
            .toList();
    return new QuantizedLinearParameters(layer.name(), sets, layer.bias(), layer.branch());
  }
}
