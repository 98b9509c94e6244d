package org.viditq.cpp;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.javacpp.FloatPointer;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;

/** A quantized linear layer: packed codes and grids of each weight set. */
final class QuantizedLayer implements Linear, AutoCloseable {
  private final QuantizedLinearParameters parameters;
  private final List<Set> sets = new ArrayList<>();
  private final Optional<CountedMemory> bias;

  /**
   * One weight set in native memory.
   *
   * @param balance the activation's divisors
   */
  record Set(
      PackedWeights weights,
      CountedMemory scale,
      CountedMemory zeroPoint,
      Optional<CountedMemory> balance)
      implements AutoCloseable {
    static Set of(WeightSet set, InstructionSet isa) {
      return new Set(
          PackedWeights.of(set.weight(), isa),
          CountedMemory.of(set.weight().grid().scale()),
          CountedMemory.of(set.weight().grid().zeroPoint()),
          set.balance().map(CountedMemory::of));
    }

    @Override
    public void close() {
      weights.close();
      scale.close();
      zeroPoint.close();
      balance.ifPresent(CountedMemory::close);
    }
  }

  QuantizedLayer(QuantizedLinearParameters parameters, InstructionSet isa) {
    this.parameters = parameters;
    this.bias = parameters.bias().map(b -> CountedMemory.of(b.data()));
    try {
      for (WeightSet set : parameters.sets()) {
        sets.add(Set.of(set, isa));
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

  Set set(int index) {
    return sets.get(index);
  }

  /** Null for none. */
  FloatPointer bias() {
    return bias.map(CountedMemory::floats).orElse(null);
  }

  /** Idempotent. */
  @Override
  public void close() {
    sets.forEach(Set::close);
    bias.ifPresent(CountedMemory::close);
  }
}
