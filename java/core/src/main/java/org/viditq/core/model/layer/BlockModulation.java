package org.viditq.core.model.layer;

import org.viditq.core.operators.Operators;

/**
 * The six modulation vectors of an adaLN-single block, each [B, 1, C]. Chen et al., "PixArt-α",
 * section 2.3.
 */
public record BlockModulation<V>(
    V shiftAttention, V scaleAttention, V gateAttention, V shiftMlp, V scaleMlp, V gateMlp) {

  /**
   * table + t, in the order shift, scale, gate of the attention, then of the MLP.
   *
   * @param table [6, C], learned per block
   * @param t [B, 6C], shared by all blocks
   */
  public static <V> BlockModulation<V> of(Operators<V> operators, V table, V t) {
    int channels = operators.shape(table).dim(1);
    int batch = operators.shape(t).dim(0);
    V sum =
        operators.add(
            operators.reshape(table, 1, 6, channels), operators.reshape(t, batch, 6, channels));
    return new BlockModulation<>(
        operators.slice(sum, 1, 0, 1),
        operators.slice(sum, 1, 1, 2),
        operators.slice(sum, 1, 2, 3),
        operators.slice(sum, 1, 3, 4),
        operators.slice(sum, 1, 4, 5),
        operators.slice(sum, 1, 5, 6));
  }
}
