package org.viditq.core.operators;

import java.util.List;
import java.util.Optional;
import org.viditq.core.error.ShapeException;
import org.viditq.core.quant.ActivationQuantization;
import org.viditq.core.quant.LowRankBranch;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.quant.Rotation;
import org.viditq.core.quant.TimestepRange;
import org.viditq.core.tensor.Tensor;

/**
 * A quantized linear layer: one weight set per timestep range.
 *
 * @param name qualified layer name
 * @param sets in order of time, tiling the schedule without gaps; at least one
 * @param bias [out], float32
 * @param branch in full precision beside the quantized product; empty for none
 */
public record QuantizedLinearParameters(
    String name, List<WeightSet> sets, Optional<Tensor> bias, Optional<LowRankBranch> branch)
    implements LinearParameters {

  /**
   * What the layer uses while the timestep lies in {@code range}.
   *
   * @param range timesteps
   * @param weight codes of W * diag(s), rotated as the activation is, and their grids
   * @param balance s [in], the channel balancing divisor of the activation (x / s before
   *     quantization); empty for none
   * @param rotation of x / s before quantization; empty for none
   * @param activation how x / s, rotated, becomes codes
   * @param correction [out], added to the bias; empty for 0
   */
  public record WeightSet(
      TimestepRange range,
      QuantizedWeight weight,
      Optional<float[]> balance,
      Optional<Rotation> rotation,
      ActivationQuantization activation,
      Optional<float[]> correction) {
    /** Without rotation or correction. */
    public WeightSet(
        TimestepRange range,
        QuantizedWeight weight,
        Optional<float[]> balance,
        ActivationQuantization activation) {
      this(range, weight, balance, Optional.empty(), activation, Optional.empty());
    }

    /** The same with another activation scheme. */
    public WeightSet with(ActivationQuantization other) {
      return new WeightSet(range, weight, balance, rotation, other, correction);
    }
  }

  /** Without a branch. */
  public QuantizedLinearParameters(String name, List<WeightSet> sets, Optional<Tensor> bias) {
    this(name, sets, bias, Optional.empty());
  }

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
      if (set.rotation().isPresent() && !set.rotation().get().fits(columns)) {
        throw new ShapeException(
            "Quantized linear layer "
                + name
                + " has "
                + columns
                + " input channels, which are not whole blocks of the "
                + set.rotation().get().block()
                + " that are rotated together.");
      }
      if (set.correction().isPresent() && set.correction().get().length != rows) {
        throw new ShapeException(
            "Quantized linear layer "
                + name
                + " has "
                + rows
                + " output channels but "
                + set.correction().get().length
                + " corrections.");
      }
      if (set.range().start() != end) {
        throw new ShapeException(
            "Timestep ranges of quantized linear layer " + name + " leave a gap or overlap.");
      }
      end = set.range().end();
    }
    if (branch.isPresent()
        && (branch.get().down().dim(1) != columns || branch.get().up().dim(0) != rows)) {
      throw new ShapeException(
          "The low-rank branch of quantized linear layer "
              + name
              + " is from "
              + branch.get().down().dim(1)
              + " to "
              + branch.get().up().dim(0)
              + " channels, the layer from "
              + columns
              + " to "
              + rows
              + ".");
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

  /** The bias while a weight set is in use, its correction included; empty for none. */
  public Optional<Tensor> bias(WeightSet set) {
    if (set.correction().isEmpty()) {
      return bias;
    }
    float[] sum = set.correction().get().clone();
    bias.ifPresent(
        b -> {
          for (int i = 0; i < sum.length; i++) {
            sum[i] += b.data()[i];
          }
        });
    return Optional.of(Tensor.of(sum, sum.length));
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
