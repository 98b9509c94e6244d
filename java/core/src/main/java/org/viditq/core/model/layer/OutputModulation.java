package org.viditq.core.model.layer;

import org.viditq.core.operators.LinearInput;
import org.viditq.core.operators.Operators;

/**
 * What the output layer of an adaLN-single model is applied to: LayerNorm, then shift and scale =
 * table + embedded timestep. Chen et al., "PixArt-α", section 2.3.
 */
public final class OutputModulation {
  private static final float NORM_EPS = 1e-6f;

  private OutputModulation() {}

  /**
   * @param hidden [B, N, C]
   * @param table [2, C]: shift, then scale, learned
   * @param embedded [B, C], the embedded timestep
   */
  public static <V> LinearInput<V> of(Operators<V> operators, V hidden, V table, V embedded) {
    int batch = operators.shape(embedded).dim(0);
    int channels = operators.shape(table).dim(1);
    V both =
        operators.add(
            operators.reshape(table, 1, 2, channels),
            operators.reshape(embedded, batch, 1, channels));
    V shift = operators.slice(both, 1, 0, 1);
    V scale = operators.slice(both, 1, 1, 2);
    return LinearInput.modulated(hidden, shift, scale, NORM_EPS);
  }
}
