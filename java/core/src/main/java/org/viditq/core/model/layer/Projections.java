package org.viditq.core.model.layer;

import java.util.ArrayList;
import java.util.List;
import org.viditq.core.operators.Operators;

/** Takes fused projections apart. */
final class Projections {
  private Projections() {}

  /** The blocks of {@code channels} channels that x [B, N, blocks * channels] consists of. */
  static <V> List<V> split(Operators<V> operators, V x, int channels) {
    int axis = operators.shape(x).rank() - 1;
    int total = operators.shape(x).dim(axis);
    List<V> blocks = new ArrayList<>();
    for (int from = 0; from < total; from += channels) {
      blocks.add(operators.slice(x, axis, from, from + channels));
    }
    return blocks;
  }
}
