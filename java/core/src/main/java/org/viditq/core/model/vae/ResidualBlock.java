package org.viditq.core.model.vae;

/** A residual block of the autoencoder. */
interface ResidualBlock<V> {
  /**
   * @param x [B * frames, Cin, H, W]
   * @param frames frames per clip; 1 for pictures
   * @return [B * frames, Cout, H, W]
   */
  V forward(V x, int frames);
}
