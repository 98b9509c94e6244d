package org.viditq.core.model.vae;

import org.viditq.core.model.layer.LayerLoader;
import org.viditq.core.operators.Convolution;

/** The kinds of convolution that the autoencoder has. */
final class Convolutions {
  private Convolutions() {}

  /** 3x3, size kept. */
  static <V> Convolution same(LayerLoader<V> loader, String name, int in, int out) {
    return loader.convolution(
        name, in, out, new int[] {3, 3}, new int[] {1, 1}, new int[] {1, 1}, new int[] {1, 1});
  }

  /** 1x1. */
  static <V> Convolution pointwise(LayerLoader<V> loader, String name, int in, int out) {
    return loader.convolution(
        name, in, out, new int[] {1, 1}, new int[] {1, 1}, new int[2], new int[2]);
  }

  /** 3x3 with stride 2, zeros only at the right and the bottom: halves the size. */
  static <V> Convolution halving(LayerLoader<V> loader, String name, int channels) {
    return loader.convolution(
        name, channels, channels, new int[] {3, 3}, new int[] {2, 2}, new int[2], new int[] {1, 1});
  }

  /** 3x1x1 over [time, height, width], size kept. */
  static <V> Convolution temporal(LayerLoader<V> loader, String name, int in, int out) {
    int[] pad = {1, 0, 0};
    return loader.convolution(name, in, out, new int[] {3, 1, 1}, new int[] {1, 1, 1}, pad, pad);
  }
}
