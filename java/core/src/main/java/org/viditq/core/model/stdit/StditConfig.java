package org.viditq.core.model.stdit;

import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.model.LatentGeometry.Patch;
import org.viditq.core.model.ModelDescription;

/**
 * What an STDiT is made of.
 *
 * @param inChannels latent channels
 * @param outChannels channels of the prediction; twice {@code inChannels} where the variance is
 *     learned too
 * @param patch latents that make a token
 * @param channels of the transformer
 * @param layers transformer blocks
 * @param heads attention heads
 * @param mlpHidden hidden channels of the blocks' MLP
 * @param captionChannels channels of the text encoding
 * @param textTokens tokens of the learned null caption; prompts are cut or padded to as many
 * @param frames of the training latents
 * @param height of the training latents
 * @param width of the training latents
 * @param spaceScale divisor of positions in a frame, see {@link
 *     org.viditq.core.model.embedding.PositionGrid}
 * @param timeScale divisor of positions in time
 * @param fusedQkv whether one layer makes q, k and v, as Open-Sora stores them; ViDiT-Q's code
 *     splits it
 */
public record StditConfig(
    int inChannels,
    int outChannels,
    Patch patch,
    int channels,
    int layers,
    int heads,
    int mlpHidden,
    int captionChannels,
    int textTokens,
    int frames,
    int height,
    int width,
    double spaceScale,
    double timeScale,
    boolean fusedQkv) {

  private static final String PATCHES = "x_embedder.proj.weight";
  private static final String NULL_CAPTION = "y_embedder.y_embedding";

  /** Far above any model; keeps the arithmetic of lying configurations from overflowing. */
  private static final int MAX_EXTENT = 1 << 16;

  private static final int MAX_PATCH_VALUES = 1 << 20;

  /** Latents along a side of Open-Sora's 512 px models, whose space scale is 1. */
  private static final int SIDE_OF_UNIT_SCALE = 64;

  /**
   * Reads a configuration whose keys are the arguments of Open-Sora's {@code STDiT}. What neither
   * it nor the shapes of the weights say has the defaults of {@code STDiT-XL/2}; of a checkpoint
   * without any configuration, the space scale is that of Open-Sora's model of its size. Arguments
   * that matter to training or to the choice of kernels only ({@code drop_path}, {@code
   * enable_flashattn}, ...) are not looked at, nor is {@code no_temporal_pos_emb}, which the
   * published code ignores.
   *
   * @throws org.viditq.core.error.InvalidModelException if a value has the wrong type, contradicts
   *     another or the weights, or asks for something STDiT does not have
   */
  static StditConfig of(ModelDescription model) {
    JsonConfig json = model.json();
    int channels =
        model.value("hidden_size", model.extent(PATCHES, 0), 1152, ModelDescription.MAX_CHANNELS);
    int heads = model.heads("num_heads", model.extent(PATCHES, 0), 16);
    if (channels % heads != 0 || channels % 4 != 0) {
      throw json.invalid("hidden_size", "a multiple of 4 and of num_heads (" + heads + ")");
    }
    int inChannels =
        model.value(
            "in_channels", model.extent(PATCHES, 1), 4, ModelDescription.MAX_LATENT_CHANNELS);
    Patch patch = patch(model, inChannels);
    int[] latents = latents(model, patch);
    double spaceScale = json.node().isEmpty() ? latents[1] / (double) SIDE_OF_UNIT_SCALE : 1;
    return new StditConfig(
        inChannels,
        outChannels(model, patch, inChannels),
        patch,
        channels,
        model.value("depth", model.blocks("blocks."), 28, ModelDescription.MAX_BLOCKS),
        heads,
        model.mlpHidden("mlp_ratio", channels, model.extent("blocks.0.mlp.fc1.weight", 0)),
        model.value(
            "caption_channels", model.extent(NULL_CAPTION, 1), 4096, ModelDescription.MAX_CHANNELS),
        model.value(
            "model_max_length", model.extent(NULL_CAPTION, 0), 120, ModelDescription.MAX_COUNT),
        latents[0],
        latents[1],
        latents[2],
        json.getPositiveDouble("space_scale", spaceScale),
        json.getPositiveDouble("time_scale", 1),
        fusedQkv(model));
  }

  private static Patch patch(ModelDescription model, int inChannels) {
    JsonConfig json = model.json();
    int[] published = {1, 2, 2};
    int[] extents = json.has("patch_size") ? json.getIntArray("patch_size") : new int[0];
    int[] patch = new int[3];
    for (int i = 0; i < 3; i++) {
      OptionalInt stored = model.extent(PATCHES, 2 + i);
      patch[i] = extents.length == 3 ? extents[i] : stored.orElse(published[i]);
      if (json.has("patch_size") && extents.length != 3
          || patch[i] < 1
          || patch[i] > ModelDescription.MAX_PATCH) {
        throw json.invalid(
            "patch_size",
            "frames, rows and columns of a patch, each from 1 to " + ModelDescription.MAX_PATCH);
      }
      model.requireStored("patch_size", patch[i], stored);
    }
    if ((long) patch[0] * patch[1] * patch[2] * inChannels > MAX_PATCH_VALUES) {
      throw json.invalid(
          "patch_size", "such that a patch has at most " + MAX_PATCH_VALUES + " values");
    }
    return new Patch(patch[0], patch[1], patch[2]);
  }

  /** Frames, rows and columns of the training latents. */
  private static int[] latents(ModelDescription model, Patch patch) {
    int[] units = {patch.frames(), patch.height(), patch.width()};
    if (!model.json().has("input_size")) {
      int[] grid = storedGrid(model).orElse(new int[] {16, 32, 32});
      return new int[] {grid[0] * units[0], grid[1] * units[1], grid[2] * units[2]};
    }
    int[] extents = model.json().getIntArray("input_size");
    boolean fits = extents.length == 3;
    for (int i = 0; fits && i < 3; i++) {
      fits = extents[i] >= 1 && extents[i] <= MAX_EXTENT && extents[i] % units[i] == 0;
    }
    if (!fits) {
      throw model
          .json()
          .invalid(
              "input_size",
              "frames, rows and columns of latents, each a multiple of patch_size "
                  + Arrays.toString(units)
                  + " and at most "
                  + MAX_EXTENT);
    }
    return extents;
  }

  /**
   * Patches in time, per column and per row that the position tables were stored for. A table of
   * places says how many there are and not how they lie, but Open-Sora 1.0 was trained on squares.
   */
  private static Optional<int[]> storedGrid(ModelDescription model) {
    int most = MAX_EXTENT / ModelDescription.MAX_PATCH;
    int frames = model.extent("pos_embed_temporal", 1).orElse(0);
    int places = model.extent("pos_embed", 1).orElse(0);
    int side = (int) Math.sqrt(places);
    return frames >= 1 && frames <= most && side >= 1 && side <= most && side * side == places
        ? Optional.of(new int[] {frames, side, side})
        : Optional.empty();
  }

  private static int outChannels(ModelDescription model, Patch patch, int inChannels) {
    int values = patch.frames() * patch.height() * patch.width();
    OptionalInt features = model.extent("final_layer.linear.weight", 0);
    boolean learned =
        model
            .json()
            .getBoolean(
                "pred_sigma", features.orElse(2 * inChannels * values) != inChannels * values);
    int channels = learned ? 2 * inChannels : inChannels;
    model.requireStored("pred_sigma", channels * values, features);
    return channels;
  }

  /**
   * Whether one layer makes q, k and v; stored layers are a fact, a configuration's word is not.
   */
  private static boolean fusedQkv(ModelDescription model) {
    return model.stores("blocks.0.attn.qkv.bias")
        || !model.stores("blocks.0.attn.q.bias") && !model.json().getBoolean("separate_qkv", false);
  }

  /** Extents of a patch along time, height and width. */
  int[] patchExtents() {
    return new int[] {patch.frames(), patch.height(), patch.width()};
  }

  /** Features of a token of the prediction. */
  int outputFeatures() {
    return patch.frames() * patch.height() * patch.width() * outChannels;
  }
}
