package org.viditq.core.model.latte;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.viditq.core.error.ShapeException;
import org.viditq.core.model.DenoiserValues;
import org.viditq.core.model.InputNames;
import org.viditq.core.model.LatentGeometry.Patch;
import org.viditq.core.model.Parameters;
import org.viditq.core.model.PreparedDenoiser;
import org.viditq.core.model.cache.StepCache;
import org.viditq.core.model.embedding.ClassConditionEmbedder;
import org.viditq.core.model.embedding.GridPositions;
import org.viditq.core.model.embedding.PatchEmbedding;
import org.viditq.core.model.embedding.PositionGrid;
import org.viditq.core.model.embedding.SequenceTable;
import org.viditq.core.model.embedding.SinCosTable;
import org.viditq.core.model.embedding.StoredTable;
import org.viditq.core.model.layer.BlockModulation;
import org.viditq.core.model.layer.CrossAttention;
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
import org.viditq.core.tensor.Tensor;

/**
 * The diffusion transformer for videos of Ma et al. ("Latte: Latent Diffusion Transformer for Video
 * Generation", 2024), variant 1: spatial blocks, in which the places of a frame attend to each
 * other and, in text-to-video models, to the text, alternate with temporal blocks, in which a place
 * attends to itself in all frames.
 *
 * <p>The published code repeats text and condition for every frame and place; here all frames of a
 * sample attend to the text at once, which is the same.
 */
final class LatteTransformer<V> implements PreparedDenoiser<V> {
  private final LatteConfig config;
  private final Operators<V> operators;
  private final PatchEmbedding<V> patches;
  private final GridPositions<V> positions;
  private final LatteCondition<V> condition;
  private final List<ModulatedBlock<V>> spatial;
  private final List<ModulatedBlock<V>> temporal;
  private final ModulatedOutput<V> output;

  /** Latents in patches. */
  private record Extents(int batch, int frames, int height, int width) {
    int places() {
      return height * width;
    }
  }

  /**
   * Prepares all layers on the backend.
   *
   * @param parameters under the state-dict names of the configuration's layout
   * @throws org.viditq.core.error.InvalidCheckpointException naming a missing or misshaped tensor,
   *     or if the checkpoint has learned positions
   * @throws org.viditq.core.error.NonFiniteException naming a layer with NaN or infinity
   */
  LatteTransformer(LatteConfig config, Parameters parameters, Operators<V> operators) {
    this.config = config;
    this.operators = operators;
    LayerLoader<V> loader = new LayerLoader<>(operators, parameters);
    boolean textToVideo = config.layout() == LatteLayout.TEXT_TO_VIDEO;
    int channels = config.channels();
    int patch = config.patchSize();
    this.positions = new GridPositions<>(operators, channels);
    this.patches =
        new PatchEmbedding<>(
            loader.under(textToVideo ? "pos_embed." : "x_embedder."),
            config.inChannels(),
            channels,
            patch,
            patch);
    if (textToVideo) {
      parameters.leaveOut(
          "pos_embed.pos_embed", "temp_pos_embed", "caption_projection.y_embedding");
      this.condition = new TextCondition<>(loader, config.captionChannels().getAsInt(), channels);
    } else {
      requireFixedTables(parameters);
      this.condition =
          new ClassCondition<>(ClassConditionEmbedder.original(loader, config.classes(), channels));
    }
    List<ModulatedBlock<V>> withinFrames = new ArrayList<>();
    List<ModulatedBlock<V>> acrossFrames = new ArrayList<>();
    for (int i = 0; i < config.layers(); i++) {
      LayerLoader<V> first = loader.under(config.layout().spatialBlock(i));
      withinFrames.add(
          textToVideo
              ? singleBlock(first, true, UnaryOperator.identity())
              : zeroBlock(first, UnaryOperator.identity()));
      if (config.temporal()) {
        LayerLoader<V> second = loader.under(config.layout().temporalBlock(i));
        acrossFrames.add(
            textToVideo
                ? singleBlock(second, false, SelfAttention::inTime)
                : zeroBlock(second, SelfAttention::inTime));
      }
    }
    if (!config.temporal()) {
      for (int i = 0; i < config.layers(); i++) {
        parameters.leaveOut(config.layout().temporalBlock(i));
      }
    }
    this.spatial = List.copyOf(withinFrames);
    this.temporal = List.copyOf(acrossFrames);
    this.output =
        textToVideo
            ? ModulatedOutput.single(
                loader, "scale_shift_table", "proj_out", channels, config.outputFeatures())
            : ModulatedOutput.projected(
                loader,
                "final_layer.adaLN_modulation.1",
                "final_layer.linear",
                channels,
                config.outputFeatures());
  }

  private void requireFixedTables(Parameters parameters) {
    int base = config.baseGrid();
    StoredTable.requireEqual(
        parameters, "pos_embed", () -> SinCosTable.grid(config.channels(), grid(base, base)));
    StoredTable.requireEqual(
        parameters, LatteLayout.TEMPORAL_TABLE, () -> temporalTable(config.frames()));
  }

  /** A block of diffusers' layout, modulated by a table and the timestep (adaLN-single). */
  private ModulatedBlock<V> singleBlock(
      LayerLoader<V> loader, boolean attendsToText, UnaryOperator<SelfAttention<V>> kind) {
    int channels = config.channels();
    int heads = config.heads();
    boolean bias = config.attentionBias();
    V table = loader.constant("scale_shift_table", 6, channels);
    return block(
        t -> BlockModulation.of(operators, table, t),
        kind.apply(SelfAttention.diffusers(loader.under("attn1."), channels, heads, bias)),
        attendsToText
            ? Optional.of(
                CrossAttention.diffusers(loader.under("attn2."), channels, channels, heads, bias))
            : Optional.empty(),
        FeedForward.diffusers(loader.under("ff."), channels, config.mlpHidden()));
  }

  /** A block of the authors' layout, modulated by a layer of its own (adaLN-zero). */
  private ModulatedBlock<V> zeroBlock(LayerLoader<V> loader, UnaryOperator<SelfAttention<V>> kind) {
    int channels = config.channels();
    Linear modulation = loader.linear("adaLN_modulation.1", channels, 6 * channels);
    return block(
        c -> BlockModulation.project(operators, c, modulation),
        kind.apply(SelfAttention.fused(loader.under("attn."), channels, config.heads())),
        Optional.empty(),
        FeedForward.original(loader.under("mlp."), channels, config.mlpHidden()));
  }

  private ModulatedBlock<V> block(
      Function<V, BlockModulation<V>> modulation,
      SelfAttention<V> selfAttention,
      Optional<CrossAttention<V>> crossAttention,
      FeedForward<V> mlp) {
    return new ModulatedBlock<>(
        operators,
        modulation,
        selfAttention,
        crossAttention,
        mlp,
        config.normEps(),
        config.normEps());
  }

  /**
   * {@inheritDoc}
   *
   * <p>Latents are [B, Cin, F, H, W], H and W multiples of the patch; any number of frames will do.
   */
  @Override
  public V evaluate(DenoiserValues<V> inputs, StepCache<V> cache) {
    V latents = inputs.get(InputNames.LATENTS);
    Extents extents = extentsOf(operators.shape(latents));
    LatteCondition.Embedded<V> c = condition.of(inputs, extents.batch());
    V hidden = embed(latents, extents);
    V computed =
        cache.blocks(
            hidden,
            () -> spatial.get(0).attentionInput(hidden, c::modulation),
            x -> throughBlocks(x, c, extents, cache));
    return unpatchify(computed, c.embedded(), extents);
  }

  private V throughBlocks(
      V tokens, LatteCondition.Embedded<V> c, Extents extents, StepCache<V> cache) {
    V hidden = tokens;
    for (int i = 0; i < spatial.size(); i++) {
      hidden = spatial.get(i).forward(hidden, c::modulation, c.text(), cache.block(2 * i));
      if (config.temporal()) {
        hidden = regroup(hidden, extents.frames(), extents.places(), frameTable(i, extents));
        hidden =
            temporal
                .get(i)
                .forward(hidden, c::modulation, Optional.empty(), cache.block(2 * i + 1));
        hidden = regroup(hidden, extents.places(), extents.frames(), Optional.empty());
      }
    }
    return hidden;
  }

  /** [B, Cin, F, H, W] to [B * F, places, C]. */
  private V embed(V latents, Extents extents) {
    try (Scope<V> scope = operators.scope()) {
      int[] dims = operators.shape(latents).toArray();
      V frames =
          operators.reshape(
              operators.permute(latents, 0, 2, 1, 3, 4),
              extents.batch() * extents.frames(),
              dims[1],
              dims[3],
              dims[4]);
      return scope.keep(
          positions.addTo(patches.forward(frames), grid(extents.height(), extents.width())));
    }
  }

  /**
   * Makes the tokens of a group the groups: [B * groups, tokens, C] to [B * tokens, groups, C],
   * which takes the place of {@code hidden}.
   *
   * @param table added to the result, if there is one
   */
  private V regroup(V hidden, int groups, int tokens, Optional<V> table) {
    try (Scope<V> scope = operators.scope()) {
      int batch = operators.shape(hidden).dim(0) / groups;
      int channels = config.channels();
      V moved =
          operators.permute(operators.reshape(hidden, batch, groups, tokens, channels), 0, 2, 1, 3);
      V regrouped = operators.reshape(moved, batch * tokens, groups, channels);
      return scope.replace(
          hidden, table.isPresent() ? operators.add(regrouped, table.get()) : regrouped);
    }
  }

  /**
   * The position of frames, [1, F, C], which the first temporal block's input gets; in diffusers
   * not if there is only one frame.
   */
  private Optional<V> frameTable(int layer, Extents extents) {
    boolean added =
        layer == 0 && (extents.frames() > 1 || config.layout() == LatteLayout.CLASS_CONDITIONAL);
    return added
        ? Optional.of(operators.table(SequenceTable.of(config.channels(), extents.frames(), 1)))
        : Optional.empty();
  }

  private Tensor temporalTable(int frames) {
    return SinCosTable.sequence(config.channels(), frames, 1);
  }

  /** [B * F, places, C] to [B, Cout, F, H, W]. */
  private V unpatchify(V hidden, V embedded, Extents extents) {
    int frames = extents.batch() * extents.frames();
    V perSample =
        operators.reshape(
            hidden, extents.batch(), extents.frames() * extents.places(), config.channels());
    V features =
        operators.reshape(
            output.forward(perSample, embedded), frames, extents.places(), config.outputFeatures());
    V images =
        Unpatchify.image(
            operators,
            features,
            extents.height(),
            extents.width(),
            config.patchSize(),
            config.outChannels());
    int[] dims = operators.shape(images).toArray();
    V clips =
        operators.reshape(images, extents.batch(), extents.frames(), dims[1], dims[2], dims[3]);
    return operators.permute(clips, 0, 2, 1, 3, 4);
  }

  private PositionGrid grid(int height, int width) {
    return PositionGrid.relativeTo(config.baseGrid(), height, width, config.interpolationScale());
  }

  private Extents extentsOf(Shape latents) {
    if (latents.rank() != 5 || latents.dim(1) != config.inChannels() || latents.size() == 0) {
      throw new ShapeException(
          "Latte takes latents [B, "
              + config.inChannels()
              + ", F, H, W], but their shape is "
              + latents
              + ".");
    }
    int patch = config.patchSize();
    Patch.square(patch).requireWhole(latents.dim(3), latents.dim(4));
    return new Extents(
        latents.dim(0), latents.dim(2), latents.dim(3) / patch, latents.dim(4) / patch);
  }
}
