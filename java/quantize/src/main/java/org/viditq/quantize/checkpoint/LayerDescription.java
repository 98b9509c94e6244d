package org.viditq.quantize.checkpoint;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.ActivationQuantization;
import org.viditq.core.quant.LowRankBranch;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.quant.Rotation;
import org.viditq.core.quant.TimestepRange;
import org.viditq.core.tensor.Tensor;

/**
 * A quantized layer taken apart into what is stored once: distinct weights, distinct activation
 * schemes, and the sets that combine them.
 */
record LayerDescription(
    List<StoredWeight> weights,
    List<ActivationQuantization> activations,
    List<Set> sets,
    Optional<LowRankBranch> branch) {
  /** A weight, and the balancing vector and rotation that it was multiplied with. */
  record StoredWeight(
      QuantizedWeight weight, Optional<float[]> balance, Optional<Rotation> rotation) {}

  /**
   * What applies in one timestep range: indices into the other lists, and the bias's correction.
   */
  record Set(TimestepRange range, int weight, int activation, Optional<float[]> correction) {}

  /** Whether it says nothing that files of version 1 have no words for. */
  boolean isPlain() {
    return branch.isEmpty()
        && weights.stream().allMatch(weight -> weight.rotation().isEmpty())
        && sets.stream().allMatch(set -> set.correction().isEmpty());
  }

  static LayerDescription of(QuantizedLinearParameters layer) {
    List<StoredWeight> weights = new ArrayList<>();
    List<ActivationQuantization> activations = new ArrayList<>();
    List<Set> sets = new ArrayList<>();
    for (WeightSet set : layer.sets()) {
      sets.add(
          new Set(
              set.range(),
              indexOf(weights, set),
              indexOfActivation(activations, set.activation()),
              set.correction()));
    }
    return new LayerDescription(weights, activations, sets, layer.branch());
  }

  QuantizedLinearParameters toLayer(String name, Optional<Tensor> bias) {
    List<WeightSet> weightSets = new ArrayList<>();
    for (Set set : sets) {
      StoredWeight stored = weights.get(set.weight());
      weightSets.add(
          new WeightSet(
              set.range(),
              stored.weight(),
              stored.balance(),
              stored.rotation(),
              activations.get(set.activation()),
              set.correction()));
    }
    return new QuantizedLinearParameters(name, weightSets, bias, branch);
  }

  private static int indexOf(List<StoredWeight> weights, WeightSet set) {
    for (int k = 0; k < weights.size(); k++) {
      if (weights.get(k).weight() == set.weight()
          && weights.get(k).balance().orElse(null) == set.balance().orElse(null)
          && weights.get(k).rotation().equals(set.rotation())) {
        return k;
      }
    }
    weights.add(new StoredWeight(set.weight(), set.balance(), set.rotation()));
    return weights.size() - 1;
  }

  private static int indexOfActivation(
      List<ActivationQuantization> activations, ActivationQuantization wanted) {
    // The static schemes of one layer come from one range: equal formats mean equal grids.
    for (int k = 0; k < activations.size(); k++) {
      if (activations.get(k).getClass() == wanted.getClass()
          && activations.get(k).format().equals(wanted.format())) {
        return k;
      }
    }
    activations.add(wanted);
    return activations.size() - 1;
  }
}
