package org.viditq.core.model.dit;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import org.viditq.core.error.ShapeException;
import org.viditq.core.model.DenoiserValues;
import org.viditq.core.model.InputNames;
import org.viditq.core.model.Parameters;
import org.viditq.core.model.PreparedDenoiser;
import org.viditq.core.model.cache.StepCache;
import org.viditq.core.model.embedding.ClassConditionEmbedder;
import org.viditq.core.model.embedding.GridPositions;
import org.viditq.core.model.embedding.PatchEmbedding;
import org.viditq.core.model.embedding.PositionGrid;
import org.viditq.core.model.embedding.SinCosTable;
import org.viditq.core.model.embedding.StoredTable;
import org.viditq.core.model.layer.BlockModulation;
import org.viditq.core.model.layer.FeedForward;
import org.viditq.core.model.layer.LayerLoader;
import org.viditq.core.model.layer.ModulatedBlock;
import org.viditq.core.model.layer.ModulatedOutput;
import org.viditq.core.model.layer.SelfAttention;
import org.viditq.core.model.layer.Unpatchify;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.Scope;
import org.viditq.core.tensor.Shape;

/**
 * The class-conditional diffusion transformer of Peebles and Xie ("Scalable Diffusion Models with
 * Transformers", 2023), for checkpoints of diffusers and of the authors. diffusers gives every
 * block an embedding of timestep and class of its own, and the output layer that of block 0; the
 * authors have one for all, with other timestep frequencies.
 */
final class DitTransformer<V> implements PreparedDenoiser<V> {
  private static final float ATTENTION_EPS = 1e-6f;

  private final DitConfig config;
  private final Operators<V> operators;
  private final PatchEmbedding<V> patches;
  private final GridPositions<V> positions;

  /** One per block, or one for all. */
  private final List<ClassConditionEmbedder<V>> conditions;

  private final List<ModulatedBlock<V>> blocks;
  private final ModulatedOutput<V> output;

  /**
   * Prepares all layers on the backend.
   *
   * @param parameters under the state-dict names of the configuration's layout
   * @throws org.viditq.core.error.InvalidCheckpointException naming a missing or misshaped tensor,
   *     or if the checkpoint has learned positions
   * @throws org.viditq.core.error.NonFiniteException naming a layer with NaN or infinity
   */
  DitTransformer(DitConfig config, Parameters parameters, Operators<V> operators) {
    this.config = config;
    this.operators = operators;
    LayerLoader<V> loader = new LayerLoader<>(operators, parameters);
    boolean diffusers = config.layout() == DitLayout.DIFFUSERS;
    int channels = config.channels();
    this.positions = new GridPositions<>(operators, channels);
    this.patches =
        new PatchEmbedding<>(
            loader.under(diffusers ? "pos_embed." : "x_embedder."),
            config.inChannels(),
            channels,
            config.patchSize(),
            config.patchSize());
    if (diffusers) {
      parameters.leaveOut("pos_embed.pos_embed");
    }
    List<ClassConditionEmbedder<V>> embedders = new ArrayList<>();
    List<ModulatedBlock<V>> prepared = new ArrayList<>();
    if (!diffusers) {
      StoredTable.requireEqual(
          parameters, "pos_embed", () -> SinCosTable.grid(channels, grid(config.baseGrid())));
      embedders.add(ClassConditionEmbedder.original(loader, config.classes(), channels));
    }
    for (int i = 0; i < config.layers(); i++) {
      LayerLoader<V> block = loader.under(config.layout().block(i));
      if (diffusers) {
        embedders.add(
            ClassConditionEmbedder.diffusers(
                block.under("norm1.emb."), config.classes(), channels));
      }
      prepared.add(block(block));
    }
    this.conditions = List.copyOf(embedders);
    this.blocks = List.copyOf(prepared);
    this.output =
        ModulatedOutput.projected(
            loader,
            diffusers ? "proj_out_1" : "final_layer.adaLN_modulation.1",
            diffusers ? "proj_out_2" : "final_layer.linear",
            channels,
            config.outputFeatures());
  }

  private ModulatedBlock<V> block(LayerLoader<V> loader) {
    boolean diffusers = config.layout() == DitLayout.DIFFUSERS;
    int channels = config.channels();
    int heads = config.heads();
    Linear modulation =
        loader.linear(diffusers ? "norm1.linear" : "adaLN_modulation.1", channels, 6 * channels);
    return new ModulatedBlock<>(
        operators,
        condition -> BlockModulation.project(operators, condition, modulation),
        diffusers
            ? SelfAttention.diffusers(
                loader.under("attn1."), channels, heads, config.attentionBias())
            : SelfAttention.fused(loader.under("attn."), channels, heads),
        Optional.empty(),
        diffusers
            ? FeedForward.diffusers(loader.under("ff."), channels, config.mlpHidden())
            : FeedForward.original(loader.under("mlp."), channels, config.mlpHidden()),
        ATTENTION_EPS,
        config.mlpEps());
  }

  /**
   * {@inheritDoc}
   *
   * <p>Latents are [B, Cin, H, H], H a multiple of the patch; label {@link DitConfig#classes()} is
   * the null class.
   */
  @Override
  public V evaluate(DenoiserValues<V> inputs, StepCache<V> cache) {
    V latents = inputs.get(InputNames.LATENTS);
    V timesteps = inputs.get(InputNames.TIMESTEPS);
    V labels = inputs.get(InputNames.LABELS);
    int side = sideOf(operators.shape(latents));
    int batch = operators.shape(latents).dim(0);
    V first = conditions.get(0).forward(timesteps, labels, batch);
    V hidden;
    try (Scope<V> scope = operators.scope()) {
      hidden = scope.keep(positions.addTo(patches.forward(latents), grid(side)));
    }
    V embedded = hidden;
    IntFunction<V> condition =
        block ->
            block % conditions.size() == 0
                ? first
                : conditions.get(block % conditions.size()).forward(timesteps, labels, batch);
    V computed =
        cache.blocks(
            embedded,
            () -> blocks.get(0).attentionInput(embedded, () -> first),
            x -> throughBlocks(x, condition, cache));
    return Unpatchify.image(
        operators,
        output.forward(computed, first),
        side,
        side,
        config.patchSize(),
        config.outChannels());
  }

  /**
   * @param condition of a block, made in the scope of the block
   */
  private V throughBlocks(V tokens, IntFunction<V> condition, StepCache<V> cache) {
    V hidden = tokens;
    for (int i = 0; i < blocks.size(); i++) {
      int block = i;
      hidden =
          blocks
              .get(i)
              .forward(hidden, () -> condition.apply(block), Optional.empty(), cache.block(i));
    }
    return hidden;
  }

  private PositionGrid grid(int side) {
    return PositionGrid.relativeTo(config.baseGrid(), side, side, 1);
  }

  /** Patches along a side. */
  private int sideOf(Shape latents) {
    if (latents.rank() != 4 || latents.dim(1) != config.inChannels() || latents.size() == 0) {
      throw new ShapeException(
          "DiT takes latents [B, "
              + config.inChannels()
              + ", H, H], but their shape is "
              + latents
              + ".");
    }
    return config.sideInPatches(latents.dim(2), latents.dim(3));
  }
}
