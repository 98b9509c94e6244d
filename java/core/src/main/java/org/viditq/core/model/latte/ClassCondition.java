package org.viditq.core.model.latte;

import java.util.Optional;
import org.viditq.core.model.DenoiserValues;
import org.viditq.core.model.InputNames;
import org.viditq.core.model.embedding.ClassConditionEmbedder;

/** Timestep and class, as in DiT. */
final class ClassCondition<V> implements LatteCondition<V> {
  private final ClassConditionEmbedder<V> embedder;

  ClassCondition(ClassConditionEmbedder<V> embedder) {
    this.embedder = embedder;
  }

  @Override
  public Embedded<V> of(DenoiserValues<V> inputs, int batch) {
    V embedded =
        embedder.forward(inputs.get(InputNames.TIMESTEPS), inputs.get(InputNames.LABELS), batch);
    return new Embedded<>(embedded, embedded, Optional.empty());
  }
}
