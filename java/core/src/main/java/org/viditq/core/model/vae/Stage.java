package org.viditq.core.model.vae;

import java.util.ArrayList;
import java.util.List;
import org.viditq.core.model.layer.LayerLoader;
import org.viditq.core.operators.Operators;

/** The residual blocks of one resolution; the first one changes the channels. */
final class Stage<V> {
  private final Operators<V> operators;
  private final List<ResidualBlock<V>> blocks;

  Stage(
      LayerLoader<V> loader,
      int count,
      int inChannels,
      int outChannels,
      int groups,
      ResidualBlockFactory<V> residual) {
    this.operators = loader.operators();
    List<ResidualBlock<V>> created = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      created.add(
          residual.create(
              loader.under("resnets." + i + "."),
              i == 0 ? inChannels : outChannels,
              outChannels,
              groups));
    }
    this.blocks = List.copyOf(created);
  }

  V forward(V x, int frames) {
    V h = x;
    for (ResidualBlock<V> block : blocks) {
      h = Steps.next(operators, h, y -> block.forward(y, frames));
    }
    return h;
  }
}
