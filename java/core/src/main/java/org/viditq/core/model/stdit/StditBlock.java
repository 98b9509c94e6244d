package org.viditq.core.model.stdit;

import java.util.Optional;
import org.viditq.core.model.cache.BlockCache;
import org.viditq.core.model.cache.BlockPart;
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
import org.viditq.core.tensor.Shape;

/**
 * One transformer block of STDiT: attention within each frame, attention of each place to itself in
 * all frames (with the gate of the former, but neither norm nor modulation), attention to the text,
 * MLP.
 */
final class StditBlock<V> {
  private static final float NORM_EPS = 1e-6f;

  private final Operators<V> operators;
  private final V table;
  private final SelfAttention<V> spatialAttention;
  private final SelfAttention<V> temporalAttention;
  private final CrossAttention<V> crossAttention;
  private final FeedForward<V> mlp;

  StditBlock(LayerLoader<V> loader, StditConfig config) {
    this.operators = loader.operators();
    this.table = loader.constant("scale_shift_table", 6, config.channels());
    this.spatialAttention = attention(loader.under("attn."), config);
    this.temporalAttention = attention(loader.under("attn_temp."), config).inTime();
    this.crossAttention =
        CrossAttention.original(loader.under("cross_attn."), config.channels(), config.heads());
    this.mlp = FeedForward.original(loader.under("mlp."), config.channels(), config.mlpHidden());
  }

  private static <V> SelfAttention<V> attention(LayerLoader<V> loader, StditConfig config) {
    return config.fusedQkv()
        ? SelfAttention.fused(loader, config.channels(), config.heads())
        : SelfAttention.split(loader, config.channels(), config.heads());
  }

  /**
   * @param hidden [B, frames * S, C]; released if it belongs to the innermost scope that is open,
   *     where the result takes its place
   * @param t [B, 6C], see {@link org.viditq.core.model.embedding.AdaLayerNormSingle}
   * @param times [1, frames, C]: positions in time, which the temporal attention gets to see in the
   *     first block only
   */
  V forward(V hidden, V t, TextTokens<V> text, int frames, Optional<V> times, BlockCache<V> cache) {
    try (BlockScope<V> block = new BlockScope<>(operators, cache)) {
      BlockModulation<V> m = BlockModulation.of(operators, table, t);
      V inFrames =
          block.part(
              BlockPart.SELF_ATTENTION,
              hidden,
              Epilogue.gatedResidual(m.gateAttention(), hidden),
              epilogue ->
                  spatialAttention.forward(
                      attentionInput(hidden, m).inSequences(frames), epilogue));
      V inTime = attendInTime(inFrames, m.gateAttention(), frames, times, block);
      V informed =
          block.part(
              BlockPart.CROSS_ATTENTION,
              inTime,
              Epilogue.residual(inTime),
              epilogue -> crossAttention.forward(inTime, text, epilogue));
      return block.part(
          BlockPart.FEED_FORWARD,
          informed,
          Epilogue.gatedResidual(m.gateMlp(), informed),
          epilogue ->
              mlp.forward(
                  LinearInput.modulated(informed, m.shiftMlp(), m.scaleMlp(), NORM_EPS), epilogue));
    }
  }

  /**
   * hidden and the result [B, frames * S, C], each in the place of the one before; between them
   * tokens lie place by place.
   */
  private V attendInTime(V hidden, V gate, int frames, Optional<V> times, BlockScope<V> block) {
    int places = operators.shape(hidden).dim(1) / frames;
    V byPlace = block.replace(hidden, () -> transposed(hidden, frames, places));
    V attended =
        block.part(
            BlockPart.TEMPORAL_ATTENTION,
            byPlace,
            Epilogue.gatedResidual(gate, byPlace),
            epilogue -> {
              V input = times.isPresent() ? withTimes(byPlace, times.get(), places) : byPlace;
              return temporalAttention.forward(LinearInput.of(input).inSequences(places), epilogue);
            });
    return block.replace(attended, () -> transposed(attended, places, frames));
  }

  private V withTimes(V byPlace, V times, int places) {
    Shape shape = operators.shape(byPlace);
    int frames = shape.dim(1) / places;
    V sequences = operators.reshape(byPlace, shape.dim(0) * places, frames, shape.dim(2));
    return operators.reshape(operators.add(sequences, times), shape.toArray());
  }

  /** Token i * columns + j of x [B, rows * columns, C] becomes token j * rows + i. */
  private V transposed(V x, int rows, int columns) {
    if (rows == 1 || columns == 1) {
      return x;
    }
    Shape shape = operators.shape(x);
    V grid = operators.reshape(x, shape.dim(0), rows, columns, shape.dim(2));
    return operators.reshape(operators.permute(grid, 0, 2, 1, 3), shape.toArray());
  }

  /** What the attention within frames sees of hidden [B, frames * S, C]. */
  LinearInput<V> attentionInput(V hidden, V t) {
    return attentionInput(hidden, BlockModulation.of(operators, table, t));
  }

  private LinearInput<V> attentionInput(V hidden, BlockModulation<V> m) {
    return LinearInput.modulated(hidden, m.shiftAttention(), m.scaleAttention(), NORM_EPS);
  }

  /** See {@link CrossAttention#withoutPadding}. */
  TextTokens<V> withoutPadding(V tokens, Optional<V> mask) {
    return crossAttention.withoutPadding(tokens, mask);
  }
}
