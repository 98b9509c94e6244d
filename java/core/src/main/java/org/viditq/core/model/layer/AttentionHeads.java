package org.viditq.core.model.layer;

import org.viditq.core.error.ShapeException;

/**
 * How attention divides channels: head h has the h-th block of channels / count of them.
 *
 * @param count number of heads
 */
record AttentionHeads(int channels, int count) {
  /**
   * @throws ShapeException if channels cannot be divided among the heads
   */
  AttentionHeads {
    if (count <= 0 || channels % count != 0) {
      throw new ShapeException(
          "Attention cannot divide " + channels + " channels among " + count + " heads.");
    }
  }

  /** 1 / sqrt(head dimension), the factor of scores. */
  float scale() {
    return (float) (1 / Math.sqrt(channels / (double) count));
  }
}
