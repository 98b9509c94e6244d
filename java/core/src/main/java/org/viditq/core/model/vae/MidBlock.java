package org.viditq.core.model.vae;

import java.util.Optional;
import org.viditq.core.model.layer.LayerLoader;
import org.viditq.core.operators.Operators;

/** Residual block, attention, residual block, at the coarsest resolution. */
final class MidBlock<V> {
  private final Operators<V> operators;
  private final ResidualBlock<V> first;
  private final Optional<MidAttention<V>> attention;
  private final ResidualBlock<V> second;

  MidBlock(
      LayerLoader<V> loader,
      int channels,
      int groups,
      boolean attends,
      ResidualBlockFactory<V> residual) {
    this.operators = loader.operators();
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
      h = Steps.next(operators, h, attention.get()::forward);
    }
    return Steps.next(operators, h, y -> second.forward(y, frames));
  }
}
