package org.viditq.core.model.stdit;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.viditq.core.error.ShapeException;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.LatentGeometry.Patch;
import org.viditq.core.model.Parameters;
import org.viditq.core.model.cache.StepCache;
import org.viditq.core.model.embedding.AdaLayerNormSingle;
import org.viditq.core.model.embedding.CaptionEmbedder;
import org.viditq.core.model.embedding.GridPositions;
import org.viditq.core.model.embedding.PatchEmbedding;
import org.viditq.core.model.embedding.PositionGrid;
import org.viditq.core.model.embedding.SequencePositions;
import org.viditq.core.model.layer.LayerLoader;
import org.viditq.core.model.layer.ModulatedOutput;
import org.viditq.core.model.layer.TextInput;
import org.viditq.core.model.layer.TextTokens;
import org.viditq.core.model.layer.Unpatchify;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.Scope;
import org.viditq.core.tensor.Shape;

/**
 * The spatial-temporal diffusion transformer of Open-Sora 1.0 (Zheng et al., "Open-Sora:
 * Democratizing Efficient Video Production for All", 2024). Tokens lie frame by frame, in a frame
 * row by row. Position tables are computed for the clip at hand; those that checkpoints hold are
 * not used, as in the published code.
 */
public final class StditTransformer<V> {
  private final StditConfig config;
  private final Operators<V> operators;
  private final PatchEmbedding<V> patches;
  private final GridPositions<V> places;
  private final SequencePositions<V> times;
  private final AdaLayerNormSingle<V> condition;
  private final CaptionEmbedder<V> caption;
  private final List<StditBlock<V>> blocks;
  private final ModulatedOutput<V> output;

  /**
   * Prepares all layers on the backend.
   *
   * @param parameters under Open-Sora's state-dict names
   * @throws org.viditq.core.error.InvalidCheckpointException naming a missing or misshaped tensor
   * @throws org.viditq.core.error.NonFiniteException naming a layer with NaN or infinity
   */
  public StditTransformer(StditConfig config, Parameters parameters, Operators<V> operators) {
    this.config = config;
    this.operators = operators;
    LayerLoader<V> loader = new LayerLoader<>(operators, parameters);
    int channels = config.channels();
    this.patches =
        new PatchEmbedding<>(
            loader.under("x_embedder."), config.inChannels(), channels, config.patchExtents());
    parameters.leaveOut("pos_embed", "pos_embed_temporal");
    this.places = new GridPositions<>(operators, channels);
    this.times = new SequencePositions<>(operators, channels, config.timeScale());
    this.condition = AdaLayerNormSingle.original(loader, channels, false);
    this.caption =
        new CaptionEmbedder<>(
            loader.under("y_embedder."), config.textTokens(), config.captionChannels(), channels);
    List<StditBlock<V>> prepared = new ArrayList<>();
    for (int i = 0; i < config.layers(); i++) {
      prepared.add(new StditBlock<>(loader.under(StditLayers.block(i)), config));
    }
    this.blocks = List.copyOf(prepared);
    this.output =
        ModulatedOutput.single(
            loader.under("final_layer."),
            "scale_shift_table",
            "linear",
            channels,
            config.outputFeatures());
  }

  /** Patches of a clip along time, height and width. */
  private record TokenGrid(int frames, int height, int width) {
    int places() {
      return height * width;
    }

    int[] toArray() {
      return new int[] {frames, height, width};
    }
  }

  /**
   * One evaluation of the denoiser. For quantized models call {@link Operators#selectTimestep}
   * before it.
   *
   * @param latents [B, Cin, T, H, W], each extent a multiple of the patch's
   * @param timesteps [B], 0 to 1000
   * @param text what {@link #project} gave for the batch of the latents
   * @return [B, Cout, T, H, W]
   * @throws UsageException if the latents cannot be cut into patches
   * @throws ShapeException if the operands do not fit together or to the model
   */
  public V forward(V latents, V timesteps, TextTokens<V> text) {
    return forward(latents, timesteps, text, StepCache.none());
  }

  /**
   * As {@link #forward(Object, Object, TextTokens)}.
   *
   * @param cache what is known from earlier steps
   */
  V forward(V latents, V timesteps, TextTokens<V> text, StepCache<V> cache) {
    TokenGrid grid = gridOf(operators.shape(latents));
    AdaLayerNormSingle.Output<V> t = condition.forward(timesteps, Optional.empty());
    V hidden;
    try (Scope<V> scope = operators.scope()) {
      hidden = scope.keep(embed(latents, grid));
    }
    V embedded = hidden;
    V computed =
        cache.blocks(
            embedded,
            () -> blocks.get(0).attentionInput(embedded, t.modulation()).value(operators),
            x -> throughBlocks(x, t.modulation(), text, grid.frames(), cache));
    return Unpatchify.video(
        operators,
        output.forward(computed, t.embedded()),
        grid.toArray(),
        config.patchExtents(),
        config.outChannels());
  }

  private V throughBlocks(V tokens, V t, TextTokens<V> text, int frames, StepCache<V> cache) {
    V hidden = tokens;
    for (int i = 0; i < blocks.size(); i++) {
      Optional<V> inTime = i == 0 ? Optional.of(times.of(frames)) : Optional.empty();
      hidden = blocks.get(i).forward(hidden, t, text, frames, inTime, cache.block(i));
    }
    return hidden;
  }

  /**
   * Refuses latents before anything is computed for them.
   *
   * @throws UsageException if they cannot be cut into patches
   * @throws ShapeException if they are no clips or have other channels than the model's
   */
  void requireFit(V latents) {
    gridOf(operators.shape(latents));
  }

  private TokenGrid gridOf(Shape latents) {
    if (latents.rank() != 5 || latents.dim(1) != config.inChannels()) {
      throw new ShapeException(
          "STDiT takes latents [B, "
              + config.inChannels()
              + ", T, H, W], but their shape is "
              + latents
              + ".");
    }
    Patch patch = config.patch();
    TokenGrid grid =
        new TokenGrid(
            latents.dim(2) / patch.frames(),
            latents.dim(3) / patch.height(),
            latents.dim(4) / patch.width());
    if (grid.frames() * patch.frames() != latents.dim(2)
        || grid.height() * patch.height() != latents.dim(3)
        || grid.width() * patch.width() != latents.dim(4)
        || grid.frames() * grid.places() == 0) {
      throw new UsageException(
          "Latents of %d frames of %d x %d cannot be cut into patches of %d frames of %d x %d;"
                  .formatted(
                      latents.dim(2),
                      latents.dim(3),
                      latents.dim(4),
                      patch.frames(),
                      patch.height(),
                      patch.width())
              + " choose a length and a picture size whose latents are multiples of the patch.");
    }
    return grid;
  }

  /** Tokens of the patches with their positions in the frame, [B, frames * places, C]. */
  private V embed(V latents, TokenGrid grid) {
    V tokens = patches.forward(latents);
    int[] shape = operators.shape(tokens).toArray();
    V frames =
        operators.reshape(tokens, shape[0] * grid.frames(), grid.places(), config.channels());
    V placed =
        places.addTo(
            frames, PositionGrid.absolute(grid.height(), grid.width(), config.spaceScale()));
    return operators.reshape(placed, shape);
  }

  /**
   * Text as the blocks take it; what an evaluation begins with. Whoever calls it can release the
   * much larger encoding before the blocks are evaluated.
   *
   * @param batch of the latents
   * @param text [B, S, caption channels] or, as the authors' code passes it, [B, 1, S, caption
   *     channels]
   * @param mask [B, S], 1 for valid text tokens and 0 for padding, or [1, S] for all samples;
   *     without it all are valid
   * @throws ShapeException if they do not fit together, to the batch or to the model
   */
  public TextTokens<V> project(V text, int batch, Optional<V> mask) {
    TextInput<V> input = new TextInput<>(operators, "STDiT", config.captionChannels());
    int length = input.length(text, batch);
    V encoded = input.tokens(text);
    return blocks
        .get(0)
        .withoutPadding(
            caption.forward(encoded), mask.map(valid -> perSample(valid, batch, length)));
  }

  private V perSample(V mask, int batch, int length) {
    Shape shape = operators.shape(mask);
    if (!shape.equals(Shape.of(batch, length)) && !shape.equals(Shape.of(1, length))) {
      throw new ShapeException(
          "The text mask must have shape " + Shape.of(batch, length) + ", not " + shape + ".");
    }
    return shape.dim(0) == batch ? mask : operators.broadcast(mask, batch, length);
  }
}
