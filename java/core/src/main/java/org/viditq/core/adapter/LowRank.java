package org.viditq.core.adapter;

import org.viditq.core.checkpoint.StoredTensor;

/**
 * The change of one layer by one adapter: factor * up * down.
 *
 * @param layer the file's name of it
 * @param down [rank, ...]: the other extents are those of the layer's inputs
 * @param up [outputs, rank], perhaps with extents of 1 behind
 * @param factor scale * alpha / rank
 * @param source the file, for messages
 */
record LowRank(String layer, StoredTensor down, StoredTensor up, double factor, String source) {
  int rank() {
    return down.shape().dim(0);
  }

  /** Values of a row of the layer's weight. */
  int inputs() {
    return down.shape().size() / rank();
  }

  /** Rows of the layer's weight. */
  int outputs() {
    return up.shape().dim(0);
  }
}
