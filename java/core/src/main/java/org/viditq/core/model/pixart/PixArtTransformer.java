package org.viditq.core.model.pixart;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.viditq.core.error.ShapeException;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.LatentGeometry.Patch;
import org.viditq.core.model.Parameters;
import org.viditq.core.model.cache.StepCache;
import org.viditq.core.model.embedding.AdaLayerNormSingle;
import org.viditq.core.model.embedding.CaptionProjection;
import org.viditq.core.model.embedding.GridPositions;
import org.viditq.core.model.embedding.PatchEmbedding;
import org.viditq.core.model.embedding.PositionGrid;
import org.viditq.core.model.embedding.SizeConditions;
import org.viditq.core.model.layer.FeedForward;
import org.viditq.core.model.layer.LayerLoader;
import org.viditq.core.model.layer.ModulatedOutput;
import org.viditq.core.model.layer.TextInput;
import org.viditq.core.model.layer.TextTokens;
import org.viditq.core.model.layer.Unpatchify;
import org.viditq.core.operators.Activation;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.Scope;
import org.viditq.core.tensor.Shape;

/**
 * The diffusion transformer of PixArt-α and PixArt-Σ (Chen et al. 2023, 2024), for checkpoints of
 * diffusers and of the authors. Both layouts hold the same network; the authors' removes masked
 * text tokens where diffusers hides them with a bias.
 */
public final class PixArtTransformer<V> {
  private final PixArtConfig config;
  private final Operators<V> operators;
  private final PatchEmbedding<V> patches;
  private final GridPositions<V> positions;
  private final AdaLayerNormSingle<V> condition;
  private final Optional<FeedForward<V>> caption;
  private final List<PixArtBlock<V>> blocks;
  private final ModulatedOutput<V> output;

  /**
   * Prepares all layers on the backend.
   *
   * @param parameters under the state-dict names of the configuration's layout
   * @throws org.viditq.core.error.InvalidCheckpointException naming a missing or misshaped tensor
   * @throws org.viditq.core.error.NonFiniteException naming a layer with NaN or infinity
   */
  public PixArtTransformer(PixArtConfig config, Parameters parameters, Operators<V> operators) {
    this.config = config;
    this.operators = operators;
    LayerLoader<V> loader = new LayerLoader<>(operators, parameters);
    int channels = config.channels();
    int patch = config.patchSize();
    int features = patch * patch * config.outChannels();
    this.positions = new GridPositions<>(operators, channels);
    if (config.layout() == PixArtLayout.DIFFUSERS) {
      // Older releases of diffusers stored the table and the null caption.
      parameters.leaveOut("pos_embed.pos_embed", "caption_projection.y_embedding");
      this.patches =
          new PatchEmbedding<>(
              loader.under("pos_embed."), config.inChannels(), channels, patch, patch);
      this.condition =
          AdaLayerNormSingle.diffusers(
              loader.under("adaln_single."), channels, config.sizeConditions());
      this.caption =
          config.captionChannels().stream()
              .mapToObj(
                  text ->
                      CaptionProjection.diffusers(
                          loader.under("caption_projection."),
                          text,
                          channels,
                          Activation.GELU_TANH))
              .findFirst();
      this.output =
          ModulatedOutput.single(loader, "scale_shift_table", "proj_out", channels, features);
    } else {
      parameters.leaveOut("pos_embed", "y_embedder.y_embedding");
      this.patches =
          new PatchEmbedding<>(
              loader.under("x_embedder."), config.inChannels(), channels, patch, patch);
      this.condition = AdaLayerNormSingle.original(loader, channels, config.sizeConditions());
      this.caption =
          config.captionChannels().stream()
              .mapToObj(
                  text -> CaptionProjection.original(loader.under("y_embedder."), text, channels))
              .findFirst();
      this.output =
          ModulatedOutput.single(
              loader.under("final_layer."), "scale_shift_table", "linear", channels, features);
    }
    List<PixArtBlock<V>> prepared = new ArrayList<>();
    for (int i = 0; i < config.layers(); i++) {
      prepared.add(new PixArtBlock<>(loader.under(config.layout().block(i)), config, i));
    }
    this.blocks = List.copyOf(prepared);
  }

  /**
   * One evaluation of the denoiser. For quantized models call {@link Operators#selectTimestep}
   * before it.
   *
   * @param latents [B, Cin, H, W], H and W multiples of the patch
   * @param timesteps [B], 0 to 1000
   * @param text [B, S, caption channels] or, as the authors' code passes it, [B, 1, S, caption
   *     channels]
   * @param mask [B, S], 1 for valid text tokens and 0 for padding; without it all are valid
   * @param sizes needed by models with size conditions, ignored by others
   * @return [B, Cout, H, W]
   * @throws UsageException if H or W is not a multiple of the patch, or size conditions are needed
   *     and absent
   * @throws ShapeException if the operands do not fit together or to the model
   */
  public V forward(
      V latents, V timesteps, V text, Optional<V> mask, Optional<SizeConditions<V>> sizes) {
    gridOf(operators.shape(latents)); // refuses them before the text is projected
    return forward(latents, timesteps, project(text, operators.shape(latents).dim(0), mask), sizes);
  }

  /**
   * As {@link #forward(Object, Object, Object, Optional, Optional)}.
   *
   * @param text what {@link #project} gave for the batch of the latents
   */
  public V forward(V latents, V timesteps, TextTokens<V> text, Optional<SizeConditions<V>> sizes) {
    return forward(latents, timesteps, text, sizes, StepCache.none());
  }

  /**
   * As {@link #forward(Object, Object, TextTokens, Optional)}.
   *
   * @param cache what is known from earlier steps
   */
  V forward(
      V latents,
      V timesteps,
      TextTokens<V> text,
      Optional<SizeConditions<V>> sizes,
      StepCache<V> cache) {
    PositionGrid grid = gridOf(operators.shape(latents));
    AdaLayerNormSingle.Output<V> t = condition.forward(timesteps, sizes);
    V hidden;
    try (Scope<V> scope = operators.scope()) {
      hidden = scope.keep(positions.addTo(patches.forward(latents), grid));
    }
    V embedded = hidden;
    V computed =
        cache.blocks(
            embedded,
            () -> blocks.get(0).attentionInput(embedded, t.modulation()).value(operators),
            x -> throughBlocks(x, t.modulation(), text, grid, cache));
    return Unpatchify.image(
        operators,
        output.forward(computed, t.embedded()),
        grid.height(),
        grid.width(),
        config.patchSize(),
        config.outChannels());
  }

  private V throughBlocks(
      V tokens, V t, TextTokens<V> text, PositionGrid grid, StepCache<V> cache) {
    V hidden = tokens;
    for (int i = 0; i < blocks.size(); i++) {
      hidden = blocks.get(i).forward(hidden, t, text, grid, cache.block(i));
    }
    return hidden;
  }

  private PositionGrid gridOf(Shape latents) {
    if (latents.rank() != 4 || latents.dim(1) != config.inChannels()) {
      throw new ShapeException(
          "PixArt takes latents [B, "
              + config.inChannels()
              + ", H, W], but their shape is "
              + latents
              + ".");
    }
    int patch = config.patchSize();
    Patch.square(patch).requireWhole(latents.dim(2), latents.dim(3));
    return PositionGrid.ofLatents(config.sampleSize(), patch, latents, config.interpolationScale());
  }

  /**
   * Text as the blocks take it; what {@code forward} begins with. Whoever calls it can release the
   * much larger encoding before the blocks are evaluated.
   *
   * @param batch of the latents
   * @param text and {@code mask} as {@code forward} takes them
   * @throws ShapeException if they do not fit together, to the batch or to the model
   */
  public TextTokens<V> project(V text, int batch, Optional<V> mask) {
    TextInput<V> input = new TextInput<>(operators, "PixArt", config.textFeatures());
    int length = input.length(text, batch);
    mask.map(operators::shape)
        .filter(m -> !m.equals(Shape.of(batch, length)))
        .ifPresent(
            m -> {
              throw new ShapeException(
                  "The text mask must have shape " + Shape.of(batch, length) + ", not " + m + ".");
            });
    V encoded = input.tokens(text);
    V projected = caption.isPresent() ? caption.get().forward(encoded) : encoded;
    return config.layout() == PixArtLayout.DIFFUSERS
        ? TextTokens.padded(operators, projected, mask)
        : blocks.get(0).withoutPadding(projected, mask);
  }
}
