package org.viditq.tests.model;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.model.DenoiserFamilies;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.PreparedDenoiser;
import org.viditq.core.operators.Operators;
import org.viditq.core.tensor.Tensor;

/** Models of any family from golden cases, and evaluations of them on a backend that computes. */
final class FamilyModels {
  private FamilyModels() {}

  static DenoiserModel model(FixtureWeights weights) {
    return DenoiserFamilies.model(JsonConfig.of(weights.config(), "fixture"), weights.checkpoint());
  }

  /**
   * One evaluation.
   *
   * @param inputs by name; others are left out
   */
  static Tensor evaluate(PreparedDenoiser<Tensor> prepared, Map<String, Tensor> inputs) {
    return prepared.evaluate(name -> Optional.ofNullable(inputs.get(name)));
  }

  /** As {@link #evaluate(PreparedDenoiser, Map)}, of a model with the given weights. */
  static Tensor evaluate(
      FixtureWeights weights, Operators<Tensor> operators, Map<String, Tensor> inputs) {
    return evaluate(model(weights).prepare(weights.parameters(), operators), inputs);
  }

  /** The samples from (inclusive) to (exclusive) of all inputs. */
  static Map<String, Tensor> samples(Map<String, Tensor> inputs, int from, int to) {
    Map<String, Tensor> some = new LinkedHashMap<>();
    inputs.forEach((name, tensor) -> some.put(name, ReferenceModels.samples(tensor, from, to)));
    return some;
  }

  /** The same inputs with another one called {@code name}. */
  static Map<String, Tensor> with(Map<String, Tensor> inputs, String name, Tensor tensor) {
    Map<String, Tensor> changed = new LinkedHashMap<>(inputs);
    changed.put(name, tensor);
    return changed;
  }

  /** The same inputs without {@code name}. */
  static Map<String, Tensor> without(Map<String, Tensor> inputs, String name) {
    Map<String, Tensor> changed = new LinkedHashMap<>(inputs);
    changed.remove(name);
    return changed;
  }
}
