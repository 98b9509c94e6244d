package org.viditq.core.model.vae;

import java.util.Optional;
import org.viditq.core.model.layer.LayerLoader;
import org.viditq.core.operators.Convolution;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.Scope;

/**
 * shortcut(x) + conv2(silu(norm2(conv1(silu(norm1 x))))), 3x3 convolutions; the shortcut is a 1x1
 * convolution where the channels change. Frames are independent.
 */
final class SpatialResidualBlock<V> implements ResidualBlock<V> {
  private static final float EPS = 1e-6f;

  private final Operators<V> operators;
  private final Normalization<V> norm1;
  private final Convolution conv1;
  private final Normalization<V> norm2;
  private final Convolution conv2;
  private final Optional<Convolution> shortcut;

  SpatialResidualBlock(LayerLoader<V> loader, int inChannels, int outChannels, int groups) {
    this.operators = loader.operators();
    this.norm1 = new Normalization<>(loader, "norm1", inChannels, groups, EPS);
    this.conv1 = Convolutions.same(loader, "conv1", inChannels, outChannels);
    this.norm2 = new Normalization<>(loader, "norm2", outChannels, groups, EPS);
    this.conv2 = Convolutions.same(loader, "conv2", outChannels, outChannels);
    this.shortcut =
        inChannels == outChannels
            ? Optional.empty()
            : Optional.of(Convolutions.pointwise(loader, "conv_shortcut", inChannels, outChannels));
  }

  @Override
  public V forward(V x, int frames) {
    try (Scope<V> block = operators.scope()) {
      V h;
      try (Scope<V> first = operators.scope()) {
        h = first.keep(operators.convolution(norm1.forwardSilu(x), conv1));
      }
      try (Scope<V> second = operators.scope()) {
        h = second.keep(operators.convolution(norm2.forwardSilu(h), conv2));
      }
      V kept = shortcut.isPresent() ? operators.convolution(x, shortcut.get()) : x;
      return block.keep(operators.add(kept, h));
    }
  }
}
