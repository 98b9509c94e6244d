package org.viditq.core.model.hunyuan;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.viditq.core.model.DenoiserValues;
import org.viditq.core.model.InputNames;
import org.viditq.core.model.Parameters;
import org.viditq.core.model.cache.BlockCache;
import org.viditq.core.model.cache.StepCache;
import org.viditq.core.model.embedding.PatchEmbedding;
import org.viditq.core.model.embedding.RotaryPositions;
import org.viditq.core.model.layer.AdaLayerNormContinuous;
import org.viditq.core.model.layer.LayerLoader;
import org.viditq.core.model.layer.TextTokens;
import org.viditq.core.model.layer.Unpatchify;
import org.viditq.core.operators.Activation;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.Scope;

/**
 * The diffusion transformer of HunyuanDiT (Li et al. 2024). What the blocks of the first half give
 * is joined with the inputs of those of the second half, the last one first, and stays in memory
 * until then: for each block of the first half one tensor as large as the hidden tokens.
 */
final class HunyuanTransformer<V> {
  private static final float OUTPUT_NORM_EPS = 1e-6f;

  private final HunyuanConfig config;
  private final Operators<V> operators;
  private final HunyuanConditions<V> conditions;
  private final HunyuanText<V> text;
  private final PatchEmbedding<V> patches;
  private final List<HunyuanBlock<V>> blocks;
  private final AdaLayerNormContinuous<V> outputNorm;
  private final Linear output;

  HunyuanTransformer(HunyuanConfig config, Parameters parameters, Operators<V> operators) {
    this.config = config;
    this.operators = operators;
    LayerLoader<V> loader = new LayerLoader<>(operators, parameters);
    boolean original = config.layout() == HunyuanLayout.ORIGINAL;
    int channels = config.channels();
    int patch = config.patchSize();
    this.conditions = new HunyuanConditions<>(loader, config);
    this.text = new HunyuanText<>(loader, config);
    this.patches =
        new PatchEmbedding<>(
            loader.under(original ? "x_embedder." : "pos_embed."),
            config.inChannels(),
            channels,
            patch,
            patch);
    parameters.leaveOut("pos_embed.pos_embed");
    List<HunyuanBlock<V>> prepared = new ArrayList<>();
    for (int i = 0; i < config.layers(); i++) {
      prepared.add(
          new HunyuanBlock<>(loader.under("blocks." + i + "."), config, config.joinsSkip(i)));
    }
    this.blocks = List.copyOf(prepared);
    if (original) {
      LayerLoader<V> last = loader.under("final_layer.");
      this.outputNorm = AdaLayerNormContinuous.original(last, channels, channels, OUTPUT_NORM_EPS);
      this.output = last.linear("linear", channels, config.outputFeatures());
    } else {
      this.outputNorm =
          new AdaLayerNormContinuous<>(
              loader.under("norm_out."), channels, channels, OUTPUT_NORM_EPS);
      this.output = loader.linear("proj_out", channels, config.outputFeatures());
    }
  }

  /**
   * One evaluation.
   *
   * @param latents [B, Cin, H, W], H and W multiples of the patch
   * @param inputs all others
   * @param cache what is known from earlier steps
   * @return [B, Cout, H, W]
   */
  V forward(V latents, DenoiserValues<V> inputs, StepCache<V> cache) {
    int height = operators.shape(latents).dim(2) / config.patchSize();
    int width = operators.shape(latents).dim(3) / config.patchSize();
    Conditioned<V> conditioned = conditioned(inputs);
    RotaryPositions[] places =
        RotaryPositions.of(config.headDim(), height, width, config.rotaryBase());
    V tokens = patches.forward(latents);
    HunyuanBlock.Shared<V> shared =
        new HunyuanBlock.Shared<>(
            operators.activate(conditioned.embedded(), Activation.SILU),
            new TextTokens<>(conditioned.text(), Optional.empty(), Optional.empty()),
            operators.table(places[0]),
            operators.table(places[1]));
    V hidden =
        cache.blocks(
            tokens,
            () -> blocks.get(0).attentionInput(tokens, shared).value(operators),
            x -> throughBlocks(x, shared, cache));
    V features =
        operators.linear(outputNorm.input(hidden, conditioned.embedded()), output, Epilogue.none());
    return Unpatchify.image(
        operators, features, height, width, config.patchSize(), config.outChannels());
  }

  /**
   * @param embedded [B, C], what tokens are modulated by
   * @param text [B, S, features], what tokens attend to
   */
  private record Conditioned<V>(V embedded, V text) {}

  /** The encodings are larger than what is kept of them. */
  private Conditioned<V> conditioned(DenoiserValues<V> inputs) {
    try (Scope<V> scope = operators.scope()) {
      V text2 = inputs.get(InputNames.TEXT_2);
      V embedded = scope.keep(conditions.forward(text2, inputs));
      return new Conditioned<>(embedded, scope.keep(text.forward(text2, inputs)));
    }
  }

  private V throughBlocks(V tokens, HunyuanBlock.Shared<V> shared, StepCache<V> cache) {
    Deque<V> skips = new ArrayDeque<>();
    V hidden = tokens;
    for (int i = 0; i < blocks.size(); i++) {
      HunyuanBlock<V> block = blocks.get(i);
      if (config.joinsSkip(i)) {
        hidden = block.join(hidden, skips.pop());
      }
      hidden =
          hidden == skips.peek()
              ? besideInput(block, hidden, shared, cache.block(i))
              : block.forward(hidden, shared, cache.block(i));
      if (config.givesSkip(i)) {
        skips.push(hidden);
      }
    }
    return hidden;
  }

  /** The input is needed once more, so it must not belong to the innermost scope. */
  private V besideInput(
      HunyuanBlock<V> block, V hidden, HunyuanBlock.Shared<V> shared, BlockCache<V> cache) {
    try (Scope<V> scope = operators.scope()) {
      return scope.keep(block.forward(hidden, shared, cache));
    }
  }
}
