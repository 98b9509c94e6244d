package org.viditq.core.model.hunyuan;

import java.util.List;
import java.util.Optional;
import org.viditq.core.error.ShapeException;
import org.viditq.core.model.cache.BlockCache;
import org.viditq.core.model.cache.BlockPart;
import org.viditq.core.model.layer.AffineLayerNorm;
import org.viditq.core.model.layer.BlockScope;
import org.viditq.core.model.layer.CrossAttention;
import org.viditq.core.model.layer.FeedForward;
import org.viditq.core.model.layer.LayerLoader;
import org.viditq.core.model.layer.SelfAttention;
import org.viditq.core.model.layer.TextTokens;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.LinearInput;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.Scope;

/** One transformer block of HunyuanDiT. */
final class HunyuanBlock<V> {
  private static final float EPS = 1e-6f;

  private final Operators<V> operators;
  private final Optional<Skip<V>> skip;
  private final Linear shift;
  private final AffineLayerNorm<V> selfNorm;
  private final SelfAttention<V> selfAttention;
  private final AffineLayerNorm<V> crossNorm;
  private final CrossAttention<V> crossAttention;
  private final AffineLayerNorm<V> mlpNorm;
  private final FeedForward<V> mlp;

  /** What a block's input is joined with that of an earlier one by. */
  private record Skip<V>(AffineLayerNorm<V> norm, Linear linear) {}

  /**
   * What all blocks are evaluated with.
   *
   * @param condition [B, C], silu of the embedded conditions
   * @param text [B, S, features] without padding
   * @param cos [N, head dimension], as is {@code sin}: of the rotary embedding
   */
  record Shared<V>(V condition, TextTokens<V> text, V cos, V sin) {}

  /**
   * @param joinsSkip whether {@link #join} is called
   */
  HunyuanBlock(LayerLoader<V> loader, HunyuanConfig config, boolean joinsSkip) {
    boolean original = config.layout() == HunyuanLayout.ORIGINAL;
    int channels = config.channels();
    int heads = config.heads();
    int text = config.textFeatures();
    this.operators = loader.operators();
    this.skip =
        joinsSkip
            ? Optional.of(
                new Skip<>(
                    new AffineLayerNorm<>(loader, "skip_norm", 2 * channels, EPS),
                    loader.linear("skip_linear", 2 * channels, channels)))
            : Optional.empty();
    LayerLoader<V> self = loader.under("attn1.");
    LayerLoader<V> cross = loader.under("attn2.");
    if (original) {
      this.shift = loader.linear("default_modulation.1", channels, channels);
      this.selfNorm = new AffineLayerNorm<>(loader, "norm1", channels, EPS);
      this.selfAttention = SelfAttention.hunyuanOriginal(self, channels, heads);
      this.crossNorm = new AffineLayerNorm<>(loader, "norm3", channels, EPS);
      this.crossAttention = CrossAttention.hunyuanOriginal(cross, channels, text, heads);
      this.mlpNorm = new AffineLayerNorm<>(loader, "norm2", channels, EPS);
      this.mlp = FeedForward.original(loader.under("mlp."), channels, config.mlpHidden());
    } else {
      this.shift = loader.linear("norm1.linear", channels, channels);
      this.selfNorm = new AffineLayerNorm<>(loader, "norm1.norm", channels, EPS);
      this.selfAttention = SelfAttention.hunyuan(self, channels, heads);
      this.crossNorm = new AffineLayerNorm<>(loader, "norm2", channels, EPS);
      this.crossAttention = CrossAttention.hunyuan(cross, channels, text, heads);
      this.mlpNorm = new AffineLayerNorm<>(loader, "norm3", channels, EPS);
      this.mlp = FeedForward.diffusers(loader.under("ff."), channels, config.mlpHidden());
    }
  }

  /**
   * A block's input joined with what an earlier block gave.
   *
   * @param hidden [B, N, C], as is {@code earlier}; both are released if they belong to the
   *     innermost scope that is open
   */
  V join(V hidden, V earlier) {
    Skip<V> layers =
        skip.orElseThrow(() -> new ShapeException("This block has no skip connection."));
    try (Scope<V> scope = operators.scope()) {
      V both = operators.concat(List.of(hidden, earlier), 2);
      V joined = operators.linear(layers.norm().of(both), layers.linear(), Epilogue.none());
      scope.replace(earlier, joined);
      return scope.replace(hidden, joined);
    }
  }

  /**
   * @param hidden [B, N, C]; released if it belongs to the innermost scope that is open, where the
   *     result takes its place
   */
  V forward(V hidden, Shared<V> shared, BlockCache<V> cache) {
    try (BlockScope<V> block = new BlockScope<>(operators, cache)) {
      V attended =
          block.part(
              BlockPart.SELF_ATTENTION,
              hidden,
              Epilogue.residual(hidden),
              epilogue ->
                  selfAttention.forward(
                      attentionInput(hidden, shared), shared.cos(), shared.sin(), epilogue));
      V informed =
          block.part(
              BlockPart.CROSS_ATTENTION,
              attended,
              Epilogue.residual(attended),
              epilogue ->
                  crossAttention.forward(
                      crossNorm.of(attended), shared.text(), shared.cos(), shared.sin(), epilogue));
      return block.part(
          BlockPart.FEED_FORWARD,
          informed,
          Epilogue.residual(informed),
          epilogue -> mlp.forward(mlpNorm.of(informed), epilogue));
    }
  }

  /** What the self attention sees of hidden [B, N, C]. */
  LinearInput<V> attentionInput(V hidden, Shared<V> shared) {
    return selfNorm.shifted(hidden, operators.linear(shared.condition(), shift));
  }
}
