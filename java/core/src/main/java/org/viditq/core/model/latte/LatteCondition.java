package org.viditq.core.model.latte;

import java.util.Optional;
import org.viditq.core.model.DenoiserValues;
import org.viditq.core.model.layer.TextTokens;

/** What a Latte is conditioned on, from inputs to what its layers take. */
interface LatteCondition<V> {
  /**
   * @param embedded [B, C], for the output layer
   * @param modulation what the blocks make their modulation from, for B samples
   * @param text what spatial blocks attend to, if they do
   */
  record Embedded<V>(V embedded, V modulation, Optional<TextTokens<V>> text) {}

  /**
   * Timesteps and the model's own inputs.
   *
   * @param batch samples of the latents
   * @throws org.viditq.core.error.ShapeException if the inputs do not go with it
   */
  Embedded<V> of(DenoiserValues<V> inputs, int batch);
}
