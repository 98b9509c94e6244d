package org.viditq.core.model.vae;

import java.util.Optional;
import org.viditq.core.model.layer.LayerLoader;

/** Residual block, attention, residual block, at the coarsest resolution. */
final class MidBlock<V> {
  private final ResidualBlock<V> first;
  private final Optional<MidAttention<V>> attention;
  private final ResidualBlock<V> second;

  MidBlock(
      LayerLoader<V> loader,
      int channels,
      int groups,
      boolean attends,
      ResidualBlockFactory<V> residual) {
    this.first = residual.create(loader.under("resnets.0."), channels, channels, groups);
    this.attention =
        attends
            ? Optional.of(new MidAttention<>(loader.under("attentions.0."), channels, groups))
            : Optional.empty();
    this.second = residual.create(loader.under("resnets.1."), channels, channels, groups);
  }

  V forward(V x, int frames) {
    V h = first.forward(x, frames);
    if (attention.isPresent()) {
      h = attention.get().forward(h);
    }
    return second.forward(h, frames);
  }
}
