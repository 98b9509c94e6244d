package org.viditq.core.model.vae;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.viditq.core.model.Parameters;
import org.viditq.core.model.layer.LayerLoader;
import org.viditq.core.operators.Convolution;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.Scope;

/** The decoder half: latents to pictures, or to clips where it is temporal. */
final class Decoder<V> {
  private static final float EPS = 1e-6f;

  private final Operators<V> operators;
  private final Optional<Convolution> postQuantConv;
  private final Convolution input;
  private final MidBlock<V> middle;
  private final List<Stage<V>> stages;
  private final List<Convolution> upsamplers;
  private final Normalization<V> outputNorm;
  private final Convolution output;
  private final Optional<Convolution> timeOutput;

  Decoder(AutoencoderKlConfig config, Parameters parameters, Operators<V> operators) {
    this.operators = operators;
    LayerLoader<V> model = new LayerLoader<>(operators, parameters);
    LayerLoader<V> loader = model.under("decoder.");
    ResidualBlockFactory<V> residual =
        config.temporal() ? SpatioTemporalResidualBlock::new : SpatialResidualBlock::new;
    int groups = config.normGroups();
    int latentChannels = config.latentChannels();
    int current = config.coarsestChannels();
    this.postQuantConv =
        config.postQuantConv()
            ? Optional.of(
                Convolutions.pointwise(model, "post_quant_conv", latentChannels, latentChannels))
            : Optional.empty();
    this.input = Convolutions.same(loader, "conv_in", latentChannels, current);
    this.middle =
        new MidBlock<>(
            loader.under("mid_block."), current, groups, config.midAttention(), residual);
    List<Stage<V>> created = new ArrayList<>();
    List<Convolution> doublings = new ArrayList<>();
    int count = config.blockChannels().size();
    for (int i = 0; i < count; i++) {
      LayerLoader<V> stage = loader.under("up_blocks." + i + ".");
      int channels = config.blockChannels().get(count - 1 - i);
      created.add(
          new Stage<>(stage, config.layersPerBlock() + 1, current, channels, groups, residual));
      current = channels;
      if (i < count - 1) {
        doublings.add(Convolutions.same(stage, "upsamplers.0.conv", current, current));
      }
    }
    this.stages = List.copyOf(created);
    this.upsamplers = List.copyOf(doublings);
    this.outputNorm = new Normalization<>(loader, "conv_norm_out", current, groups, EPS);
    int outChannels = config.outChannels();
    this.output = Convolutions.same(loader, "conv_out", current, outChannels);
    this.timeOutput =
        config.temporal()
            ? Optional.of(Convolutions.temporal(loader, "time_conv_out", outChannels, outChannels))
            : Optional.empty();
  }

  /** latents [B * frames, C, h, w]; result [B * frames, C, H, W]. */
  V forward(V latents, int frames) {
    try (Scope<V> decoding = operators.scope()) {
      V h = next(latents, this::embed);
      h = next(h, x -> middle.forward(x, frames));
      for (int i = 0; i < stages.size(); i++) {
        Stage<V> stage = stages.get(i);
        h = next(h, x -> stage.forward(x, frames));
        if (i < upsamplers.size()) {
          Convolution upsampler = upsamplers.get(i);
          h = next(h, operators::upsampleNearest2x);
          h = next(h, x -> operators.convolution(x, upsampler));
        }
      }
      h = next(h, outputNorm::forwardSilu);
      h = next(h, x -> operators.convolution(x, output));
      return decoding.keep(timeOutput.isEmpty() ? h : next(h, x -> overTime(x, frames)));
    }
  }

  private V embed(V latents) {
    V h = postQuantConv.isPresent() ? operators.convolution(latents, postQuantConv.get()) : latents;
    return operators.convolution(h, input);
  }

  private V overTime(V frameMajor, int frames) {
    V clips = Clips.fromFrames(operators, frameMajor, frames);
    return Clips.toFrames(operators, operators.convolution(clips, timeOutput.orElseThrow()));
  }

  private V next(V x, UnaryOperator<V> step) {
    return Steps.next(operators, x, step);
  }
}
