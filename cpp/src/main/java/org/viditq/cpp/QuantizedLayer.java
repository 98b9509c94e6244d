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
  private final List<AutoCloseable> owned = new ArrayList<>();
  private Optional<NativeBranch> branch = Optional.empty();

  /**
   * One weight set.
   *
   * @param balance the activation's divisors; where it is rotated, with the signs of the rotation
   * @param rotation of the activation
   * @param bias with the set's correction
   */
  record Set(
      PackedWeights weights,
      Optional<CountedMemory> balance,
      Optional<NativeRotation> rotation,
      Optional<CountedMemory> bias) {
    /** Null for none. */
    FloatPointer biasValues() {
      return bias.map(CountedMemory::floats).orElse(null);
    }
  }

  QuantizedLayer(QuantizedLinearParameters parameters, InstructionSet isa) {
    this.parameters = parameters;
    try {
      Map<QuantizedWeight, PackedWeights> packed = new IdentityHashMap<>();
      Optional<CountedMemory> sharedBias =
          parameters.bias().map(b -> own(CountedMemory.of(b.data())));
      for (WeightSet set : parameters.sets()) {
        PackedWeights weight = packed.get(set.weight());
        if (weight == null) {
          weight = PackedWeights.of(set.weight(), isa);
          owned.add(weight::close);
          packed.put(set.weight(), weight);
        }
        sets.add(
            new Set(
                weight,
                divisors(set).map(s -> own(CountedMemory.of(s))),
                set.rotation().map(r -> own(new NativeRotation(r))),
                set.correction().isEmpty()
                    ? sharedBias
                    : parameters.bias(set).map(b -> own(CountedMemory.of(b.data())))));
      }
      branch = parameters.branch().map(b -> own(new NativeBranch(parameters.name(), b)));
    } catch (RuntimeException unpacked) {
      close();
      throw unpacked;
    }
  }

  private <T extends AutoCloseable> T own(T part) {
    owned.add(part);
    return part;
  }

  private Optional<float[]> divisors(WeightSet set) {
    return set.rotation().isPresent()
        ? set.rotation().get().divisors(set.balance(), parameters.inFeatures())
        : set.balance();
  }

  @Override
  public QuantizedLinearParameters parameters() {
    return parameters;
  }

  /** The weight set of the range that the timestep belongs to. */
  Set setFor(double timestep) {
    return sets.get(parameters.setFor(timestep));
  }

  /** What is added in full precision. */
  Optional<NativeBranch> branch() {
    return branch;
  }

  /** Idempotent. */
  @Override
  public void close() {
    for (AutoCloseable part : owned) {
      try {
        part.close();
      } catch (Exception impossible) {
        throw new IllegalStateException("Memory is released without exceptions.", impossible);
      }
    }
  }
}
