package org.viditq.core.model.layer;

import java.util.ArrayList;
import java.util.List;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.Operators;

/** What the projections of self and cross attention have in common. */
final class Projections {
  private Projections() {}

  /** {@code name}, which must have a bias if {@code bias} says so, and else may have one. */
  static <V> Linear diffusers(
      LayerLoader<V> loader, String name, int inFeatures, int outFeatures, boolean bias) {
    return bias
        ? loader.linear(name, inFeatures, outFeatures)
        : loader.linearOptionalBias(name, inFeatures, outFeatures);
  }

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
