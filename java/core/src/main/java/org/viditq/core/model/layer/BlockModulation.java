package org.viditq.core.model.layer;

import org.viditq.core.operators.Activation;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.Operators;

/**
 * The six modulation vectors of a block, each [B, 1, C], in the order shift, scale, gate of the
 * attention, then of the MLP.
 */
public record BlockModulation<V>(
    V shiftAttention, V scaleAttention, V gateAttention, V shiftMlp, V scaleMlp, V gateMlp) {

  /**
   * adaLN-single: table + t. Chen et al., "PixArt-α", section 2.3.
   *
   * @param table [6, C], learned per block
   * @param t [B, 6C], shared by all blocks
   */
  public static <V> BlockModulation<V> of(Operators<V> operators, V table, V t) {
    int channels = operators.shape(table).dim(1);
    int batch = operators.shape(t).dim(0);
    return split(
        operators,
        operators.add(
            operators.reshape(table, 1, 6, channels), operators.reshape(t, batch, 6, channels)));
  }

  /**
   * adaLN-zero: layer(silu(c)), with a layer per block. Peebles and Xie, "Scalable Diffusion Models
   * with Transformers", section 3.2.
   *
   * @param condition c, [B, C]
   * @param layer from C to 6C channels; sees one token per sample
   */
  public static <V> BlockModulation<V> project(Operators<V> operators, V condition, Linear layer) {
    int batch = operators.shape(condition).dim(0);
    int channels = operators.shape(condition).dim(1);
    V activated = operators.activate(condition, Activation.SILU);
    V projected = operators.linear(operators.reshape(activated, batch, 1, channels), layer);
    return split(operators, operators.reshape(projected, batch, 6, channels));
  }

  /** six [B, 6, C]. */
  private static <V> BlockModulation<V> split(Operators<V> operators, V six) {
    return new BlockModulation<>(
        operators.slice(six, 1, 0, 1),
        operators.slice(six, 1, 1, 2),
        operators.slice(six, 1, 2, 3),
        operators.slice(six, 1, 3, 4),
        operators.slice(six, 1, 4, 5),
        operators.slice(six, 1, 5, 6));
  }
}
