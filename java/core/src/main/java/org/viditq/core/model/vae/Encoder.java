package org.viditq.core.model.vae;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.viditq.core.model.Parameters;
import org.viditq.core.model.layer.LayerLoader;
import org.viditq.core.operators.Convolution;
import org.viditq.core.operators.Operators;

/** The encoder half: picture to the moments of its latent distribution. */
final class Encoder<V> {
  private static final float EPS = 1e-6f;

  private final Operators<V> operators;
  private final Convolution input;
  private final List<Stage<V>> stages;
  private final List<Convolution> downsamplers;
  private final MidBlock<V> middle;
  private final Normalization<V> outputNorm;
  private final Convolution output;
  private final Optional<Convolution> quantConv;

  Encoder(AutoencoderKlConfig config, Parameters parameters, Operators<V> operators) {
    this.operators = operators;
    LayerLoader<V> model = new LayerLoader<>(operators, parameters);
    LayerLoader<V> loader = model.under("encoder.");
    int groups = config.normGroups();
    List<Integer> channels = config.blockChannels();
    this.input = Convolutions.same(loader, "conv_in", config.inChannels(), channels.get(0));
    List<Stage<V>> created = new ArrayList<>();
    List<Convolution> halvings = new ArrayList<>();
    int current = channels.get(0);
    for (int i = 0; i < channels.size(); i++) {
      LayerLoader<V> stage = loader.under("down_blocks." + i + ".");
      created.add(
          new Stage<>(
              stage,
              config.layersPerBlock(),
              current,
              channels.get(i),
              groups,
              SpatialResidualBlock::new));
      current = channels.get(i);
      if (i < channels.size() - 1) {
        halvings.add(Convolutions.halving(stage, "downsamplers.0.conv", current));
      }
    }
    this.stages = List.copyOf(created);
    this.downsamplers = List.copyOf(halvings);
    this.middle =
        new MidBlock<>(
            loader.under("mid_block."),
            current,
            groups,
            config.midAttention(),
            SpatialResidualBlock::new);
    this.outputNorm = new Normalization<>(loader, "conv_norm_out", current, groups, EPS);
    int moments = 2 * config.latentChannels();
    this.output = Convolutions.same(loader, "conv_out", current, moments);
    this.quantConv =
        config.quantConv()
            ? Optional.of(Convolutions.pointwise(model, "quant_conv", moments, moments))
            : Optional.empty();
  }

  /** image [B, C, H, W]; result [B, 2 * latent channels, h, w], mean then log variance. */
  V forward(V image) {
    V h = operators.convolution(image, input);
    for (int i = 0; i < stages.size(); i++) {
      h = stages.get(i).forward(h, 1);
      if (i < downsamplers.size()) {
        h = operators.convolution(h, downsamplers.get(i));
      }
    }
    h = middle.forward(h, 1);
    h = operators.convolution(outputNorm.forwardSilu(h), output);
    return quantConv.isPresent() ? operators.convolution(h, quantConv.get()) : h;
  }
}
