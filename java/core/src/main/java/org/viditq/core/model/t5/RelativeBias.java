package org.viditq.core.model.t5;

import org.viditq.core.operators.PositionTable;
import org.viditq.core.tensor.Tensor;

/**
 * What T5 adds to the scores of a key by its distance from the query.
 *
 * @param buckets which row of {@code learned} a distance has
 * @param learned [buckets, heads]
 * @param length tokens
 */
public record RelativeBias(RelativeBuckets buckets, Tensor learned, int length)
    implements PositionTable {
  public int heads() {
    return learned.dim(1);
  }

  /** What head {@code head} adds where the key is {@code distance} positions behind the query. */
  public float at(int head, int distance) {
    return learned.data()[buckets.bucket(distance) * heads() + head];
  }

  /** [1, heads, length, length]: queries, then keys. */
  @Override
  public Tensor tensor() {
    int[] rows = buckets.table(length, length);
    float[] bias = new float[heads() * rows.length];
    for (int head = 0; head < heads(); head++) {
      for (int i = 0; i < rows.length; i++) {
        bias[head * rows.length + i] = learned.data()[rows[i] * heads() + head];
      }
    }
    return Tensor.of(bias, 1, heads(), length, length);
  }
}
