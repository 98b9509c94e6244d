package org.viditq.core.model.pixart;

import org.viditq.core.model.layer.BlockModulation;
import org.viditq.core.model.layer.CrossAttention;
import org.viditq.core.model.layer.FeedForward;
import org.viditq.core.model.layer.LayerLoader;
import org.viditq.core.model.layer.SelfAttention;
import org.viditq.core.model.layer.TextTokens;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.LinearInput;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.Scope;

/** One transformer block of PixArt. */
final class PixArtBlock<V> {
  private final Operators<V> operators;
  private final V table;
  private final SelfAttention<V> selfAttention;
  private final CrossAttention<V> crossAttention;
  private final FeedForward<V> mlp;
  private final float eps;

  PixArtBlock(LayerLoader<V> loader, PixArtConfig config) {
    int channels = config.channels();
    int heads = config.heads();
    this.operators = loader.operators();
    this.table = loader.constant("scale_shift_table", 6, channels);
    this.eps = config.normEps();
    if (config.layout() == PixArtLayout.DIFFUSERS) {
      boolean bias = config.attentionBias();
      this.selfAttention = SelfAttention.diffusers(loader.under("attn1."), channels, heads, bias);
      this.crossAttention =
          CrossAttention.diffusers(loader.under("attn2."), channels, channels, heads, bias);
      this.mlp = FeedForward.diffusers(loader.under("ff."), channels, config.mlpHidden());
    } else {
      this.selfAttention = SelfAttention.fused(loader.under("attn."), channels, heads);
      this.crossAttention = CrossAttention.original(loader.under("cross_attn."), channels, heads);
      this.mlp = FeedForward.original(loader.under("mlp."), channels, config.mlpHidden());
    }
  }

  /**
   * @param hidden [B, N, C]
   * @param t [B, 6C], see {@link org.viditq.core.model.embedding.AdaLayerNormSingle}
   */
  V forward(V hidden, V t, TextTokens<V> text) {
    BlockModulation<V> m = BlockModulation.of(operators, table, t);
    V h;
    try (Scope<V> scope = operators.scope()) {
      h =
          scope.keep(
              selfAttention.forward(
                  LinearInput.modulated(hidden, m.shiftAttention(), m.scaleAttention(), eps),
                  Epilogue.gatedResidual(m.gateAttention(), hidden)));
    }
    try (Scope<V> scope = operators.scope()) {
      h = scope.replace(h, crossAttention.forward(h, text, Epilogue.residual(h)));
    }
    return mlp.forward(
        LinearInput.modulated(h, m.shiftMlp(), m.scaleMlp(), eps),
        Epilogue.gatedResidual(m.gateMlp(), h));
  }
}
