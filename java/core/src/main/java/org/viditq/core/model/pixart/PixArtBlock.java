package org.viditq.core.model.pixart;

import java.util.Optional;
import org.viditq.core.model.cache.BlockCache;
import org.viditq.core.model.cache.BlockPart;
import org.viditq.core.model.embedding.PositionGrid;
import org.viditq.core.model.layer.BlockModulation;
import org.viditq.core.model.layer.BlockScope;
import org.viditq.core.model.layer.CrossAttention;
import org.viditq.core.model.layer.FeedForward;
import org.viditq.core.model.layer.LayerLoader;
import org.viditq.core.model.layer.SelfAttention;
import org.viditq.core.model.layer.TextTokens;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.LinearInput;
import org.viditq.core.operators.Operators;

/** One transformer block of PixArt. */
final class PixArtBlock<V> {
  private final Operators<V> operators;
  private final V table;
  private final SelfPart<V> selfAttention;
  private final CrossAttention<V> crossAttention;
  private final FeedForward<V> mlp;
  private final float eps;

  /** Self attention of the tokens of a grid, plain or with compressed keys and values. */
  @FunctionalInterface
  private interface SelfPart<V> {
    V forward(LinearInput<V> x, PositionGrid grid, Epilogue<V> epilogue);
  }

  /**
   * @param index of the block, from 0
   */
  PixArtBlock(LayerLoader<V> loader, PixArtConfig config, int index) {
    int channels = config.channels();
    int heads = config.heads();
    this.operators = loader.operators();
    this.table = loader.constant("scale_shift_table", 6, channels);
    this.eps = config.normEps();
    if (config.layout() == PixArtLayout.DIFFUSERS) {
      boolean bias = config.attentionBias();
      this.selfAttention =
          plain(SelfAttention.diffusers(loader.under("attn1."), channels, heads, bias));
      this.crossAttention =
          CrossAttention.diffusers(loader.under("attn2."), channels, channels, heads, bias);
      this.mlp = FeedForward.diffusers(loader.under("ff."), channels, config.mlpHidden());
    } else {
      LayerLoader<V> attention = loader.under("attn.");
      KeyValueCompression compression = config.compression().get(index);
      this.selfAttention =
          compression == null
              ? plain(SelfAttention.fused(attention, channels, heads))
              : new CompressedAttention<>(attention, channels, heads, compression)::forward;
      this.crossAttention = CrossAttention.original(loader.under("cross_attn."), channels, heads);
      this.mlp = FeedForward.original(loader.under("mlp."), channels, config.mlpHidden());
    }
  }

  private static <V> SelfPart<V> plain(SelfAttention<V> attention) {
    return (x, grid, epilogue) -> attention.forward(x, epilogue);
  }

  /**
   * @param hidden [B, N, C]; released if it belongs to the innermost scope that is open, where the
   *     result takes its place
   * @param t [B, 6C], see {@link org.viditq.core.model.embedding.AdaLayerNormSingle}
   */
  V forward(V hidden, V t, TextTokens<V> text, PositionGrid grid, BlockCache<V> cache) {
    try (BlockScope<V> block = new BlockScope<>(operators, cache)) {
      BlockModulation<V> m = BlockModulation.of(operators, table, t);
      V attended =
          block.part(
              BlockPart.SELF_ATTENTION,
              hidden,
              Epilogue.gatedResidual(m.gateAttention(), hidden),
              epilogue -> selfAttention.forward(attentionInput(hidden, m), grid, epilogue));
      V informed =
          block.part(
              BlockPart.CROSS_ATTENTION,
              attended,
              Epilogue.residual(attended),
              epilogue -> crossAttention.forward(attended, text, epilogue));
      return block.part(
          BlockPart.FEED_FORWARD,
          informed,
          Epilogue.gatedResidual(m.gateMlp(), informed),
          epilogue ->
              mlp.forward(
                  LinearInput.modulated(informed, m.shiftMlp(), m.scaleMlp(), eps), epilogue));
    }
  }

  /** What the self attention sees of hidden [B, N, C]; {@code t} as {@link #forward} takes it. */
  LinearInput<V> attentionInput(V hidden, V t) {
    return attentionInput(hidden, BlockModulation.of(operators, table, t));
  }

  private LinearInput<V> attentionInput(V hidden, BlockModulation<V> m) {
    return LinearInput.modulated(hidden, m.shiftAttention(), m.scaleAttention(), eps);
  }

  /** See {@link CrossAttention#withoutPadding}. */
  TextTokens<V> withoutPadding(V tokens, Optional<V> mask) {
    return crossAttention.withoutPadding(tokens, mask);
  }
}
