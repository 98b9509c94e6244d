package org.viditq.core.model.layer;

import org.viditq.core.operators.Operators;
import org.viditq.core.tensor.Tensor;

/** Turns a mask of valid tokens into a bias on attention scores. */
public final class PaddingMask {
  private PaddingMask() {}

  /**
   * (1 - mask) * score, with operators only, so that a recorded graph keeps the mask as an input.
   *
   * @param mask [B, S], 1 for valid tokens and 0 for padding
   * @param score what the scores of padding get: -10000 in diffusers, the most negative float in T5
   * @return [B, 1, 1, S]
   */
  public static <V> V scoreBias(Operators<V> operators, V mask, float score) {
    int batch = operators.shape(mask).dim(0);
    int length = operators.shape(mask).dim(1);
    V one = operators.constant(Tensor.full(1, 1, 1));
    V padding = operators.add(one, operators.scale(mask, -1));
    return operators.reshape(operators.scale(padding, score), batch, 1, 1, length);
  }
}
