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
 * A quantized linear layer: packed weights and balance of each weight set. Sets of the same weight
 * share it.
 */
final class QuantizedLayer implements Linear, AutoCloseable {
  private final QuantizedLinearParameters parameters;
  private final List<Set> sets = new ArrayList<>();
  private Optional<CountedMemory> bias = Optional.empty();

  /**
   * One weight set.
   *
   * @param balance the activation's divisors
   */
  record Set(PackedWeights weights, Optional<CountedMemory> balance) {}

  QuantizedLayer(QuantizedLinearParameters parameters, InstructionSet isa) {
    this.parameters = parameters;
    try {
      bias = parameters.bias().map(b -> CountedMemory.of(b.data()));
      Map<QuantizedWeight, PackedWeights> packed = new IdentityHashMap<>();
      for (WeightSet set : parameters.sets()) {
        PackedWeights weight = packed.get(set.weight());
        if (weight == null) {
          weight = PackedWeights.of(set.weight(), isa);
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
      set.weights.close();
      set.balance.ifPresent(CountedMemory::close);
    }
    bias.ifPresent(CountedMemory::close);
  }
}
