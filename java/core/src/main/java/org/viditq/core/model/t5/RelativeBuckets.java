package org.viditq.core.model.t5;

/**
 * T5's buckets of relative positions, bidirectional: half of them for keys behind the query, half
 * for keys ahead; within a half, one bucket per distance at first, then logarithmically wider ones.
 * Raffel et al., "Exploring the Limits of Transfer Learning", section 2.1.
 *
 * @param count number of buckets, a multiple of 4
 * @param maxDistance from this distance on, all keys share the last bucket of their half
 */
public record RelativeBuckets(int count, int maxDistance) {

  /** The bucket of a key {@code distance} = key - query positions from the query. */
  public int bucket(int distance) {
    int half = count / 2;
    int exact = half / 2;
    int offset = distance > 0 ? half : 0;
    int magnitude = Math.abs(distance);
    if (magnitude < exact) {
      return offset + magnitude;
    }
    // float32 at every step, as the published code computes it: a bucket boundary moves otherwise.
    float logarithm = (float) Math.log(magnitude / (float) exact);
    float fraction = logarithm / (float) Math.log(maxDistance / (double) exact);
    int wide = exact + (int) (fraction * (half - exact));
    return offset + Math.min(wide, half - 1);
  }

  /** [queries * keys] row-major: the bucket of key j as seen from query i. */
  public int[] table(int queries, int keys) {
    int[] table = new int[queries * keys];
    for (int query = 0; query < queries; query++) {
      for (int key = 0; key < keys; key++) {
        table[query * keys + key] = bucket(key - query);
      }
    }
    return table;
  }
}
