package org.viditq.cpp;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.javacpp.FloatPointer;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.QuantizedWeight;

/**
 * A quantized linear layer: packed codes and grids of each weight set. Sets of the same weight
 * share it.
 */
final class QuantizedLayer implements Linear, AutoCloseable {
  private final QuantizedLinearParameters parameters;
  private final List<Set> sets = new ArrayList<>();
  private Optional<CountedMemory> bias = Optional.empty();

  /** A weight in native memory; close is idempotent. */
  private static final class Weight implements AutoCloseable {
    private final PackedWeights codes;
    private CountedMemory scale;
    private CountedMemory zeroPoint;

    Weight(QuantizedWeight weight, InstructionSet isa) {
      codes = PackedWeights.of(weight, isa);
      try {
        scale = CountedMemory.of(weight.grid().scale());
        zeroPoint = CountedMemory.of(weight.grid().zeroPoint());
      } catch (RuntimeException noMemory) {
        close();
        throw noMemory;
      }
    }

    @Override
    public void close() {
      codes.close();
      if (scale != null) {
        scale.close();
      }
      if (zeroPoint != null) {
        zeroPoint.close();
      }
    }
  }

  /**
   * One weight set.
   *
   * @param balance the activation's divisors
   */
  record Set(Weight weight, Optional<CountedMemory> balance) {
    PackedWeights weights() {
      return weight.codes;
    }

    CountedMemory scale() {
      return weight.scale;
    }

    CountedMemory zeroPoint() {
      return weight.zeroPoint;
    }
  }

  QuantizedLayer(QuantizedLinearParameters parameters, InstructionSet isa) {
    this.parameters = parameters;
    try {
      bias = parameters.bias().map(b -> CountedMemory.of(b.data()));
      Map<QuantizedWeight, Weight> packed = new IdentityHashMap<>();
      for (WeightSet set : parameters.sets()) {
        Weight weight = packed.get(set.weight());
        if (weight == null) {
          weight = new Weight(set.weight(), isa);
          packed.put(set.weight(), weight);
        }
        sets.add(new Set(weight, Optional.empty()));
        Optional<CountedMemory> balance = set.balance().map(CountedMemory::of);
        sets.set(sets.size() - 1, new Set(weight, balance));
      }
    } catch (RuntimeException unpacked) {
      close();
      throw unpacked;
    }
  }

  @Override
  public QuantizedLinearParameters parameters() {
    return parameters;
  }

  /** The weight set of the range that the timestep belongs to. */
  Set setFor(double timestep) {
    return sets.get(parameters.setFor(timestep));
  }

  /** Null for none. */
  FloatPointer bias() {
    return bias.map(CountedMemory::floats).orElse(null);
  }

  /** Idempotent. */
  @Override
  public void close() {
    for (Set set : sets) {
      set.weight.close();
      set.balance.ifPresent(CountedMemory::close);
    }
    bias.ifPresent(CountedMemory::close);
  }
}
