package org.viditq.core.operators;

import java.util.List;
import java.util.Optional;
import org.viditq.core.error.ShapeException;
import org.viditq.core.quant.ActivationQuantization;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.quant.TimestepRange;
import org.viditq.core.tensor.Tensor;

/**
 * A quantized linear layer: one weight set per timestep range.
 *
 * @param name qualified layer name
 * @param sets in order of time, tiling the schedule without gaps; at least one
 * @param bias [out], float32
 */
public record QuantizedLinearParameters(String name, List<WeightSet> sets, Optional<Tensor> bias)
    implements LinearParameters {

  /**
   * What the layer uses while the timestep lies in {@code range}.
   *
   * @param range timesteps
   * @param weight codes of W * diag(s) and their grids
   * @param balance s [in], the channel balancing divisor of the activation (x / s before
   *     quantization); empty for none
   * @param activation how x / s becomes codes
   */
  public record WeightSet(
      TimestepRange range,
      QuantizedWeight weight,
      Optional<float[]> balance,
      ActivationQuantization activation) {}

  public QuantizedLinearParameters {
    sets = List.copyOf(sets);
    if (sets.isEmpty()) {
      throw new ShapeException("Quantized linear layer " + name + " has no weight set.");
    }
    int rows = sets.get(0).weight().codes().rows();
    int columns = sets.get(0).weight().codes().columns();
    double end = sets.get(0).range().start();
    for (WeightSet set : sets) {
      if (set.weight().codes().rows() != rows
          || set.weight().codes().columns() != columns
          || set.balance().map(s -> s.length != columns).orElse(false)) {
        throw new ShapeException(
            "Weight sets of quantized linear layer " + name + " differ in shape.");
      }
      if (set.range().start() != end) {
        throw new ShapeException(
            "Timestep ranges of quantized linear layer " + name + " leave a gap or overlap.");
      }
      end = set.range().end();
    }
    if (bias.isPresent() && bias.get().size() != rows) {
      throw new ShapeException(
          "Bias of quantized linear layer "
              + name
              + " has "
              + bias.get().size()
              + " values for "
              + rows
              + " output channels.");
    }
  }

  @Override
  public int inFeatures() {
    return sets.get(0).weight().codes().columns();
  }

  @Override
  public int outFeatures() {
    return sets.get(0).weight().codes().rows();
  }

  /** Index of the weight set whose range contains {@code timestep}; the nearest one outside all. */
  public int setFor(double timestep) {
    for (int i = 0; i < sets.size(); i++) {
      if (timestep < sets.get(i).range().end()) {
        return i;
      }
    }
    return sets.size() - 1;
  }
}
