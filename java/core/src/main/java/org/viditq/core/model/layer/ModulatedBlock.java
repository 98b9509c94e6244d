package org.viditq.core.model.layer;

import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.viditq.core.model.cache.BlockCache;
import org.viditq.core.model.cache.BlockPart;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.LinearInput;
import org.viditq.core.operators.Operators;
import org.viditq.core.tensor.Shape;

/**
 * A transformer block whose norms are modulated by a condition: gated self attention, cross
 * attention if the block has one (neither normalized nor gated), gated MLP. DiT (Peebles and Xie,
 * "Scalable Diffusion Models with Transformers") has it without cross attention, PixArt-α with.
 *
 * <p>Tokens may form groups that attend to themselves only, such as the frames of a clip or the
 * places of a frame: the rest of the block, and the condition, is that of the whole sample.
 */
public final class ModulatedBlock<V> {
  private final Operators<V> operators;
  private final Function<V, BlockModulation<V>> modulation;
  private final SelfAttention<V> selfAttention;
  private final Optional<CrossAttention<V>> crossAttention;
  private final FeedForward<V> mlp;
  private final float attentionEps;
  private final float mlpEps;

  /**
   * @param modulation from the condition that {@code forward} gets
   * @param attentionEps eps of the LayerNorm in front of the self attention
   * @param mlpEps eps of the one in front of the MLP
   */
  public ModulatedBlock(
      Operators<V> operators,
      Function<V, BlockModulation<V>> modulation,
      SelfAttention<V> selfAttention,
      Optional<CrossAttention<V>> crossAttention,
      FeedForward<V> mlp,
      float attentionEps,
      float mlpEps) {
    this.operators = operators;
    this.modulation = modulation;
    this.selfAttention = selfAttention;
    this.crossAttention = crossAttention;
    this.mlp = mlp;
    this.attentionEps = attentionEps;
    this.mlpEps = mlpEps;
  }

  /**
   * @param hidden [B * G, N, C], the G groups of a sample one after the other; released if it
   *     belongs to the innermost scope that is open, where the result takes its place
   * @param condition makes what the modulation is made from, for B samples; what it makes lives as
   *     long as the block is evaluated
   * @param text of B samples; needed by blocks with cross attention, ignored by others
   * @return as {@code hidden}
   */
  public V forward(
      V hidden, Supplier<V> condition, Optional<TextTokens<V>> text, BlockCache<V> cache) {
    Shape grouped = operators.shape(hidden);
    try (BlockScope<V> block = new BlockScope<>(operators, cache)) {
      BlockModulation<V> m = modulation.apply(condition.get());
      int batch = operators.shape(m.gateMlp()).dim(0);
      int groups = grouped.dim(0) / batch;
      V attended = block.replace(hidden, () -> attend(hidden, m, groups, cache));
      V joined =
          groups == 1
              ? attended
              : block.replace(attended, () -> join(attended, grouped, batch, groups));
      V informed =
          crossAttention.isEmpty()
              ? joined
              : block.part(
                  BlockPart.CROSS_ATTENTION,
                  joined,
                  Epilogue.residual(joined),
                  epilogue -> crossAttention.get().forward(joined, text.orElseThrow(), epilogue));
      V result =
          block.part(
              BlockPart.FEED_FORWARD,
              informed,
              Epilogue.gatedResidual(m.gateMlp(), informed),
              epilogue ->
                  mlp.forward(
                      LinearInput.modulated(informed, m.shiftMlp(), m.scaleMlp(), mlpEps),
                      epilogue));
      return groups == 1
          ? result
          : block.replace(result, () -> operators.reshape(result, grouped.toArray()));
    }
  }

  /**
   * What the self attention sees.
   *
   * @param hidden and {@code condition} as {@link #forward} takes them
   */
  public V attentionInput(V hidden, Supplier<V> condition) {
    BlockModulation<V> m = modulation.apply(condition.get());
    int groups = operators.shape(hidden).dim(0) / operators.shape(m.gateMlp()).dim(0);
    return attentionInput(hidden, m, groups).value(operators);
  }

  private LinearInput<V> attentionInput(V hidden, BlockModulation<V> m, int groups) {
    return LinearInput.modulated(
        hidden,
        perGroup(m.shiftAttention(), groups),
        perGroup(m.scaleAttention(), groups),
        attentionEps);
  }

  private V attend(V hidden, BlockModulation<V> m, int groups, BlockCache<V> cache) {
    return cache.part(
        BlockPart.SELF_ATTENTION,
        Epilogue.gatedResidual(perGroup(m.gateAttention(), groups), hidden),
        epilogue -> selfAttention.forward(attentionInput(hidden, m, groups), epilogue));
  }

  /** [B * G, N, C] as [B, G * N, C]. */
  private V join(V hidden, Shape grouped, int batch, int groups) {
    return operators.reshape(hidden, batch, groups * grouped.dim(1), grouped.dim(2));
  }

  /** x [B, 1, C] for each group, [B * groups, 1, C]; one sample's serves all groups as it is. */
  private V perGroup(V x, int groups) {
    int batch = operators.shape(x).dim(0);
    int channels = operators.shape(x).dim(2);
    return groups == 1 || batch == 1
        ? x
        : operators.reshape(
            operators.broadcast(x, batch, groups, channels), batch * groups, 1, channels);
  }
}
