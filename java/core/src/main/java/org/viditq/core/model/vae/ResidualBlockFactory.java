package org.viditq.core.model.vae;

import org.viditq.core.model.layer.LayerLoader;

/** Makes the kind of residual block that an encoder or decoder consists of. */
@FunctionalInterface
interface ResidualBlockFactory<V> {
  ResidualBlock<V> create(LayerLoader<V> loader, int inChannels, int outChannels, int groups);
}
