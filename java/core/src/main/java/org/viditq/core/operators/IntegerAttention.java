package org.viditq.core.operators;

import java.util.Optional;
import org.viditq.core.tensor.Tensor;

/**
 * The integer half of attention in {@link AttentionPrecision#INT8}, opened up so that backends can
 * be compared to the bit.
 */
public interface IntegerAttention {
  /**
   * One head of one sample.
   *
   * @param q [N, D]
   * @param k [S, D], S at least 1
   * @param v [S, Dv]
   * @param bias [N, S], added to the scores
   * @throws org.viditq.core.error.ShapeException if the extents do not fit together, one is 0, or D
   *     exceeds {@link AttentionPrecision#MAX_HEAD_CHANNELS}
   */
  Codes attend(Tensor q, Tensor k, Tensor v, float scale, Optional<Tensor> bias);

  /**
   * What {@link AttentionPrecision#INT8} names, row-major; blocks are those of keys.
   *
   * @param q [N, D]
   * @param queryScale Δq, [N]
   * @param k of k', [S, D]
   * @param keyScale Δk, [S]
   * @param scores S, [N, S]
   * @param weights p, unsigned, [N, S]
   * @param v [S, Dv]
   * @param valueScale Δv, [blocks, Dv]
   * @param sums A, [blocks, N, Dv]
   * @param result [N, Dv]
   */
  record Codes(
      byte[] q,
      float[] queryScale,
      byte[] k,
      float[] keyScale,
      int[] scores,
      byte[] weights,
      byte[] v,
      float[] valueScale,
      int[] sums,
      Tensor result) {}
}
