package org.viditq.core.model.vae;

import org.viditq.core.model.layer.LayerLoader;
import org.viditq.core.operators.Convolution;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.Scope;
import org.viditq.core.tensor.Tensor;

/**
 * A {@link SpatialResidualBlock}, then a residual block of 3x1x1 convolutions over time, blended:
 * (1 - s) * spatial + s * temporal with s = sigmoid(mix_factor). Blattmann et al., "Stable Video
 * Diffusion".
 */
final class SpatioTemporalResidualBlock<V> implements ResidualBlock<V> {
  private static final float TEMPORAL_EPS = 1e-5f;

  private final Operators<V> operators;
  private final ResidualBlock<V> spatial;
  private final Normalization<V> norm1;
  private final Convolution conv1;
  private final Normalization<V> norm2;
  private final Convolution conv2;
  private final float temporalShare;

  SpatioTemporalResidualBlock(LayerLoader<V> loader, int inChannels, int outChannels, int groups) {
    this.operators = loader.operators();
    this.spatial =
        new SpatialResidualBlock<>(
            loader.under("spatial_res_block."), inChannels, outChannels, groups);
    LayerLoader<V> temporal = loader.under("temporal_res_block.");
    this.norm1 = new Normalization<>(temporal, "norm1", outChannels, groups, TEMPORAL_EPS);
    this.conv1 = Convolutions.temporal(temporal, "conv1", outChannels, outChannels);
    this.norm2 = new Normalization<>(temporal, "norm2", outChannels, groups, TEMPORAL_EPS);
    this.conv2 = Convolutions.temporal(temporal, "conv2", outChannels, outChannels);
    Tensor mixFactor = loader.parameters().tensor("time_mixer.mix_factor", 1);
    this.temporalShare = (float) (1 / (1 + Math.exp(-mixFactor.data()[0])));
  }

  @Override
  public V forward(V x, int frames) {
    try (Scope<V> block = operators.scope()) {
      V frameMajor = spatial.forward(x, frames);
      int[] extents = operators.shape(frameMajor).toArray();
      V clip = Steps.next(operators, frameMajor, y -> Clips.fromFrames(operators, y, frames));
      V h;
      try (Scope<V> first = operators.scope()) {
        h = first.keep(operators.convolution(norm1.forwardSilu(clip), conv1));
      }
      h = Steps.next(operators, h, y -> operators.convolution(norm2.forwardSilu(y), conv2));
      // (1 - s) * clip + s * (clip + h)
      V blended = operators.add(clip, operators.scale(h, temporalShare));
      return block.keep(operators.reshape(Clips.toFrames(operators, blended), extents));
    }
  }
}
