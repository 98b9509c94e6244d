package org.viditq.core.operators;

import org.viditq.core.quant.ActivationQuantization.StaticToken;

/** A linear layer prepared by a backend (packed, converted); opaque, valid while it is open. */
public interface Linear {
  /** What it was prepared from. */
  LinearParameters parameters();

  /**
   * Whether inputs must have the same number of tokens in every call, because each token index has
   * a calibrated grid of its own. A model that would leave out the padding of texts keeps it then.
   */
  default boolean hasGridPerTokenIndex() {
    return parameters() instanceof QuantizedLinearParameters quantized
        && quantized.sets().stream().anyMatch(set -> set.activation() instanceof StaticToken);
  }
}
