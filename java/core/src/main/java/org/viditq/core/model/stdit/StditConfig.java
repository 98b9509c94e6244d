package org.viditq.core.model.stdit;

import java.util.Arrays;
import java.util.OptionalInt;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.model.LatentGeometry.Patch;

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

  /** Far above any model; keeps the arithmetic of lying configurations from overflowing. */
  private static final int MAX_CHANNELS = 1 << 20;

  private static final int XL_CHANNELS = 1152;
  private static final int MAX_LATENT_CHANNELS = 1 << 12;
  private static final int MAX_LAYERS = 1 << 12;
  private static final int MAX_PATCH = 1 << 6;
  private static final int MAX_EXTENT = 1 << 16;

  /** Latents along a side of Open-Sora's 512 px models, whose space scale is 1. */
  private static final int SIDE_OF_UNIT_SCALE = 64;

  /**
   * Reads a configuration whose keys are the arguments of Open-Sora's {@code STDiT}. What it leaves
   * out follows from the shapes of the weights, and what these do not say has the defaults of
   * {@code STDiT-XL/2}; of a checkpoint without any configuration, the space scale is that of
   * Open-Sora's model of its size. Arguments that matter to training or to the choice of kernels
   * only ({@code drop_path}, {@code enable_flashattn}, ...) are not looked at, nor is {@code
   * no_temporal_pos_emb}, which the published code ignores.
   *
   * @param weights only names and shapes are looked at
   * @throws org.viditq.core.error.InvalidModelException if a value has the wrong type, contradicts
   *     another or the weights, or asks for something STDiT does not have
   */
  public static StditConfig of(JsonConfig json, Checkpoint weights) {
    StditShapes stored = new StditShapes(weights);
    boolean bare = json.node().isEmpty();
    int channels = json.getPositiveInt("hidden_size", stored.channels().orElse(XL_CHANNELS));
    if (bare && channels != XL_CHANNELS) {
      throw json.invalid(
          "num_heads", "given for a model of " + channels + " channels, whose weights do not tell");
    }
    int heads = json.getPositiveInt("num_heads", 16);
    if (channels > MAX_CHANNELS || channels % heads != 0 || channels % 4 != 0) {
      throw json.invalid(
          "hidden_size",
          "a multiple of 4 and of num_heads (" + heads + "), at most " + MAX_CHANNELS);
    }
    int inChannels = json.getPositiveInt("in_channels", stored.inChannels().orElse(4));
    if (inChannels > MAX_LATENT_CHANNELS) {
      throw json.invalid("in_channels", "at most " + MAX_LATENT_CHANNELS);
    }
    Patch patch = patch(json, stored);
    int[] latents = latents(json, stored, patch);
    return new StditConfig(
        inChannels,
        learnsVariance(json, stored, patch, inChannels) ? 2 * inChannels : inChannels,
        patch,
        channels,
        layers(json, stored),
        heads,
        mlpHidden(json, stored, channels),
        json.getPositiveInt("caption_channels", stored.captionChannels().orElse(4096)),
        json.getPositiveInt("model_max_length", stored.textTokens().orElse(120)),
        latents[0],
        latents[1],
        latents[2],
        json.getPositiveDouble("space_scale", bare ? latents[1] / (double) SIDE_OF_UNIT_SCALE : 1),
        json.getPositiveDouble("time_scale", 1),
        stored.fusedQkv().orElseGet(() -> !json.getBoolean("separate_qkv", false)));
  }

  private static Patch patch(JsonConfig json, StditShapes stored) {
    int[] extents =
        json.has("patch_size")
            ? json.getIntArray("patch_size")
            : stored.patch().orElse(new int[] {1, 2, 2});
    if (extents.length != 3 || Arrays.stream(extents).anyMatch(p -> p < 1 || p > MAX_PATCH)) {
      throw json.invalid(
          "patch_size", "frames, rows and columns of a patch, each from 1 to " + MAX_PATCH);
    }
    return new Patch(extents[0], extents[1], extents[2]);
  }

  /** Frames, rows and columns of the training latents. */
  private static int[] latents(JsonConfig json, StditShapes stored, Patch patch) {
    if (!json.has("input_size")) {
      int[] grid =
          stored
              .grid()
              .filter(g -> Arrays.stream(g).allMatch(extent -> extent <= MAX_EXTENT / MAX_PATCH))
              .orElse(new int[] {16, 32, 32});
      return new int[] {
        grid[0] * patch.frames(), grid[1] * patch.height(), grid[2] * patch.width()
      };
    }
    int[] extents = json.getIntArray("input_size");
    int[] units = {patch.frames(), patch.height(), patch.width()};
    boolean fits = extents.length == 3;
    for (int i = 0; fits && i < 3; i++) {
      fits = extents[i] >= 1 && extents[i] <= MAX_EXTENT && extents[i] % units[i] == 0;
    }
    if (!fits) {
      throw json.invalid(
          "input_size",
          "frames, rows and columns of latents, each a multiple of patch_size "
              + Arrays.toString(units)
              + " and at most "
              + MAX_EXTENT);
    }
    return extents;
  }

  private static boolean learnsVariance(
      JsonConfig json, StditShapes stored, Patch patch, int inChannels) {
    long both = 2L * inChannels * patch.frames() * patch.height() * patch.width();
    return json.getBoolean(
        "pred_sigma", stored.outputFeatures().stream().allMatch(features -> features == both));
  }

  private static int layers(JsonConfig json, StditShapes stored) {
    OptionalInt found = stored.layers();
    int layers = json.getPositiveInt("depth", found.orElse(28));
    if (layers > MAX_LAYERS) {
      throw json.invalid("depth", "at most " + MAX_LAYERS);
    }
    if (found.isPresent() && layers != found.getAsInt()) {
      throw json.invalid(
          "depth", found.getAsInt() + ", the number of blocks in " + stored.source());
    }
    return layers;
  }

  private static int mlpHidden(JsonConfig json, StditShapes stored, int channels) {
    OptionalInt found = json.has("mlp_ratio") ? OptionalInt.empty() : stored.mlpHidden();
    double hidden =
        found.isPresent() ? found.getAsInt() : channels * json.getPositiveDouble("mlp_ratio", 4);
    if (hidden < 1 || hidden > MAX_CHANNELS) {
      throw json.invalid(
          "mlp_ratio", "such that times hidden_size it is from 1 to " + MAX_CHANNELS);
    }
    return (int) hidden;
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
