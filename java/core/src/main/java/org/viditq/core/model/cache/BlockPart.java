package org.viditq.core.model.cache;

import org.viditq.core.model.LinearLayer;

/** A residual part of a transformer block: what it computes is added to the block's tokens. */
public enum BlockPart {
  SELF_ATTENTION(LinearLayer.Type.SELF_ATTENTION),
  TEMPORAL_ATTENTION(LinearLayer.Type.TEMPORAL_ATTENTION),
  CROSS_ATTENTION(LinearLayer.Type.CROSS_ATTENTION),
  FEED_FORWARD(LinearLayer.Type.FEED_FORWARD);

  private final LinearLayer.Type layers;

  BlockPart(LinearLayer.Type layers) {
    this.layers = layers;
  }

  /** What its linear layers are of. */
  public LinearLayer.Type layers() {
    return layers;
  }
}
