package org.viditq.core.model.vae;

import org.viditq.core.model.layer.LayerLoader;
import org.viditq.core.operators.Activation;
import org.viditq.core.operators.Operators;

/** GroupNorm with learned scale and offset. */
final class Normalization<V> {
  private final Operators<V> operators;
  private final V gamma;
  private final V beta;
  private final int groups;
  private final float eps;

  Normalization(LayerLoader<V> loader, String name, int channels, int groups, float eps) {
    this.operators = loader.operators();
    this.gamma = loader.constant(name + ".weight", channels);
    this.beta = loader.constant(name + ".bias", channels);
    this.groups = groups;
    this.eps = eps;
  }

  /** x [B, C, spatial...]; result likewise. */
  V forward(V x) {
    return operators.groupNorm(x, gamma, beta, groups, eps);
  }

  /** The norm, then SiLU. */
  V forwardSilu(V x) {
    return operators.activate(forward(x), Activation.SILU);
  }
}
