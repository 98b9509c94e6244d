package org.viditq.core.model.pixart;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.MemoryCheckpoint;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.model.ModelDescription;
import org.viditq.core.model.WeightShapes;

/**
 * What a PixArt transformer is made of.
 *
 * @param layout how the checkpoint names its tensors
 * @param heads attention heads
 * @param headDim channels per head
 * @param inChannels latent channels
 * @param outChannels channels of the prediction; twice {@code inChannels} where the variance is
 *     learned too
 * @param layers transformer blocks
 * @param attentionBias whether the q, k and v projections have biases
 * @param sampleSize side of the training latents
 * @param patchSize side of a patch
 * @param normEps eps of the blocks' LayerNorms
 * @param interpolationScale divisor of the positions, see {@link
 *     org.viditq.core.model.embedding.PositionGrid}
 * @param sizeConditions whether picture size and aspect ratio are inputs
 * @param captionChannels channels of the text encoding; empty if it comes with the transformer's
 *     channels and is not projected
 * @param mlpHidden hidden channels of the blocks' MLP
 * @param textTokens that prompts are cut or padded to, where the checkpoint tells
 * @param compression of keys and values, by index of the block; authors' layout only
 */
public record PixArtConfig(
    PixArtLayout layout,
    int heads,
    int headDim,
    int inChannels,
    int outChannels,
    int layers,
    boolean attentionBias,
    int sampleSize,
    int patchSize,
    float normEps,
    double interpolationScale,
    boolean sizeConditions,
    OptionalInt captionChannels,
    int mlpHidden,
    OptionalInt textTokens,
    Map<Integer, KeyValueCompression> compression) {

  public PixArtConfig {
    compression = Map.copyOf(compression);
  }

  private static final int SIGMA_STYLE_UNIT = 64;
  private static final int SIGMA_TOKENS = 300;
  private static final int DEFAULT_CHANNELS = 1152;

  /** Tensors of the authors' layout whose shapes tell the most; never quantized. */
  private static final String PATCHES = "x_embedder.proj.weight";

  private static final String NULL_CAPTION = "y_embedder.y_embedding";
  private static final int SAMPLE_SIZE_OF_CONDITIONED_MODELS = 128;

  /** Far above any model; keeps the arithmetic of lying configurations from overflowing. */
  private static final int MAX_CHANNELS = 1 << 20;

  /** As {@link #fromJson(JsonConfig)}. */
  public static PixArtConfig fromJson(JsonNode json) {
    return fromJson(JsonConfig.of(json, "The PixArt configuration"));
  }

  /**
   * Reads the {@code config.json} of diffusers' {@code PixArtTransformer2DModel}; absent keys have
   * diffusers' defaults.
   *
   * @throws org.viditq.core.error.InvalidModelException if a value has the wrong type, contradicts
   *     another, or asks for something PixArt does not have
   */
  public static PixArtConfig fromJson(JsonConfig json) {
    int heads = json.getPositiveInt("num_attention_heads", 16);
    int headDim = json.getPositiveInt("attention_head_dim", 72);
    if ((long) heads * headDim > MAX_CHANNELS) {
      throw json.invalid(
          "attention_head_dim", "at most " + MAX_CHANNELS + " divided by num_attention_heads");
    }
    int channels = heads * headDim;
    int inChannels = json.getPositiveInt("in_channels", 4);
    int outChannels = json.getPositiveInt("out_channels", 8);
    if (outChannels != inChannels && outChannels != 2 * inChannels) {
      throw json.invalid("out_channels", "in_channels or twice in_channels (" + inChannels + ")");
    }
    int sampleSize = json.getPositiveInt("sample_size", 128);
    int patchSize = json.getPositiveInt("patch_size", 2);
    if (sampleSize % patchSize != 0) {
      throw json.invalid("sample_size", "a multiple of patch_size (" + patchSize + ")");
    }
    require(json, "norm_type", "ada_norm_single");
    require(json, "activation_fn", "gelu-approximate");
    require(json, "attention_type", "default");
    if (json.getBoolean("norm_elementwise_affine", false)) {
      throw json.invalid("norm_elementwise_affine", "false");
    }
    if (json.getInt("cross_attention_dim", channels) != channels) {
      throw json.invalid(
          "cross_attention_dim", "num_attention_heads times attention_head_dim (" + channels + ")");
    }
    if (channels % 4 != 0) {
      throw json.invalid(
          "attention_head_dim", "such that times num_attention_heads it is a multiple of 4");
    }
    boolean sizeConditions =
        json.getBoolean(
            "use_additional_conditions", sampleSize == SAMPLE_SIZE_OF_CONDITIONED_MODELS);
    if (sizeConditions && channels % 3 != 0) {
      throw json.invalid(
          "use_additional_conditions", "false unless the channels are a multiple of 3");
    }
    int layers = layers(json, "num_layers", 28);
    return new PixArtConfig(
        PixArtLayout.DIFFUSERS,
        heads,
        headDim,
        inChannels,
        outChannels,
        layers,
        json.getBoolean("attention_bias", true),
        sampleSize,
        patchSize,
        (float) json.getPositiveDouble("norm_eps", 1e-6),
        json.getPositiveDouble("interpolation_scale", Math.max(sampleSize / SIGMA_STYLE_UNIT, 1)),
        sizeConditions,
        json.has("caption_channels")
            ? OptionalInt.of(json.getPositiveInt("caption_channels"))
            : OptionalInt.empty(),
        4 * channels,
        OptionalInt.empty(),
        Map.of());
  }

  /** As {@link #fromOriginal}, for a configuration that says everything. */
  public static PixArtConfig fromOriginalJson(JsonConfig json) {
    return fromOriginal(json, new MemoryCheckpoint(json.source(), List.of()));
  }

  /**
   * The description of a checkpoint in the authors' layout. Keys are the arguments of their {@code
   * PixArtMS}; what they leave open follows from the shapes of the weights, and after that from the
   * published models: 16 heads, PixArt-Σ of 1024 px where texts have 300 tokens, else PixArt-α of
   * 512 px.
   *
   * @throws org.viditq.core.error.InvalidModelException as {@link #fromJson(JsonConfig)}
   */
  public static PixArtConfig fromOriginal(JsonConfig json, Checkpoint weights) {
    WeightShapes shapes = new WeightShapes(weights);
    int channels =
        json.getPositiveInt("hidden_size", shapes.extent(PATCHES, 0).orElse(DEFAULT_CHANNELS));
    int heads = json.getPositiveInt("num_heads", 16);
    if (channels > MAX_CHANNELS || channels % heads != 0 || channels % 4 != 0) {
      throw new InvalidModelException(
          json.source()
              + ": hidden_size "
              + channels
              + " must be a multiple of 4 and of num_heads ("
              + heads
              + "), and at most "
              + MAX_CHANNELS
              + ".");
    }
    int patchSize = json.getPositiveInt("patch_size", shapes.extent(PATCHES, 2).orElse(2));
    OptionalInt tokens = shapes.extent(NULL_CAPTION, 0);
    boolean sigma = tokens.orElse(0) == SIGMA_TOKENS;
    int sampleSize =
        json.getPositiveInt("input_size", storedSide(shapes, patchSize).orElse(sigma ? 128 : 64));
    if (sampleSize % patchSize != 0) {
      throw json.invalid("input_size", "a multiple of patch_size (" + patchSize + ")");
    }
    boolean sizeConditions =
        json.getBoolean("micro_condition", weights.contains("csize_embedder.mlp.0.bias"));
    if (sizeConditions && channels % 3 != 0) {
      throw json.invalid("micro_condition", "false unless hidden_size is a multiple of 3");
    }
    if (weights.contains("blocks.0.attn.q_norm.weight") || json.getBoolean("qk_norm", false)) {
      throw new InvalidModelException(
          json.source() + ": qk_norm is on, but PixArt is known here without it only.");
    }
    int inChannels = json.getPositiveInt("in_channels", shapes.extent(PATCHES, 1).orElse(4));
    OptionalInt features = shapes.extent("final_layer.linear.bias", 0);
    boolean learnedSigma =
        json.getBoolean(
            "pred_sigma",
            features.isEmpty() || features.getAsInt() != patchSize * patchSize * inChannels);
    int layers = layers(json, "depth", shapes.blocks("blocks.").orElse(28));
    double scale = sampleSize / (double) SIGMA_STYLE_UNIT;
    return new PixArtConfig(
        PixArtLayout.ORIGINAL,
        heads,
        channels / heads,
        inChannels,
        learnedSigma ? 2 * inChannels : inChannels,
        layers,
        true,
        sampleSize,
        patchSize,
        1e-6f,
        json.getPositiveDouble(
            "pe_interpolation",
            shapes.weights().names().isEmpty() ? 1 : sigma ? scale : Math.max(scale, 1)),
        sizeConditions,
        OptionalInt.of(
            json.getPositiveInt("caption_channels", shapes.extent(NULL_CAPTION, 1).orElse(4096))),
        mlpHidden(json, shapes, channels),
        tokens,
        compression(json, weights, layers));
  }

  private static int layers(JsonConfig json, String key, int fallback) {
    int layers = json.getPositiveInt(key, fallback);
    if (layers > ModelDescription.MAX_BLOCKS) {
      throw json.invalid(key, "from 1 to " + ModelDescription.MAX_BLOCKS);
    }
    return layers;
  }

  private static int mlpHidden(JsonConfig json, WeightShapes shapes, int channels) {
    OptionalInt stored = shapes.extent("blocks.0.mlp.fc1.bias", 0);
    double hidden = channels * json.getPositiveDouble("mlp_ratio", 4);
    return json.has("mlp_ratio") || stored.isEmpty()
        ? (int) Math.min(hidden, Integer.MAX_VALUE)
        : stored.getAsInt();
  }

  /** Side of the latents whose table of positions is stored: [1, patches, C]. */
  private static OptionalInt storedSide(WeightShapes shapes, int patchSize) {
    OptionalInt patches = shapes.extent("pos_embed", 1);
    if (patches.isEmpty()) {
      return patches;
    }
    int side = (int) Math.round(Math.sqrt(patches.getAsInt()));
    return side * side == patches.getAsInt()
        ? OptionalInt.of(Math.multiplyExact(side, patchSize))
        : OptionalInt.empty();
  }

  /**
   * {@code kv_compress_config} of the authors: {@code sampling}, {@code scale_factor}, {@code
   * kv_compress_layer}. Blocks with weights for it compress in any case.
   */
  private static Map<Integer, KeyValueCompression> compression(
      JsonConfig json, Checkpoint weights, int layers) {
    Map<Integer, KeyValueCompression> byBlock = new HashMap<>();
    WeightShapes shapes = new WeightShapes(weights);
    for (int block = 0; block < layers; block++) {
      OptionalInt side = shapes.extent("blocks." + block + ".attn.sr.weight", 2);
      if (side.isPresent()) {
        byBlock.put(
            block,
            new KeyValueCompression(KeyValueCompression.Sampling.CONVOLUTION, side.getAsInt()));
      }
    }
    if (!json.has("kv_compress_config")) {
      return byBlock;
    }
    JsonConfig options = json.getObject("kv_compress_config");
    int ratio = options.getPositiveInt("scale_factor", 1);
    if (ratio == 1 || !options.has("sampling")) {
      return byBlock;
    }
    KeyValueCompression.Sampling sampling =
        switch (options.getString("sampling")) {
          case "conv" -> KeyValueCompression.Sampling.CONVOLUTION;
          // The authors' averaging picks the nearest token, which is the first of the square.
          case "uniform", "ave" -> KeyValueCompression.Sampling.UNIFORM;
          case "uniform_every" -> KeyValueCompression.Sampling.UNIFORM_EVERY;
          default -> throw options.invalid("sampling", "conv, ave, uniform or uniform_every");
        };
    for (int block : options.getIntArray("kv_compress_layer")) {
      byBlock.putIfAbsent(block, new KeyValueCompression(sampling, ratio));
    }
    return byBlock;
  }

  /** Channels of the transformer: heads times head dimension. */
  public int channels() {
    return heads * headDim;
  }

  /** Whether the prediction carries the variance behind the noise. */
  public boolean learnedSigma() {
    return outChannels == 2 * inChannels;
  }

  /** Patches along one side of the training latents. */
  public int baseGrid() {
    return sampleSize / patchSize;
  }

  /** Channels of the encoded text. */
  public int textFeatures() {
    return captionChannels.orElse(channels());
  }

  private static void require(JsonConfig json, String key, String expected) {
    if (!json.getString(key, expected).equals(expected)) {
      throw json.invalid(key, "\"" + expected + "\" for PixArt");
    }
  }
}
