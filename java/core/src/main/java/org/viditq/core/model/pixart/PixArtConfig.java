package org.viditq.core.model.pixart;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.OptionalInt;
import org.viditq.core.diffusers.JsonConfig;

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
    int mlpHidden) {

  private static final int SIGMA_STYLE_UNIT = 64;
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
    return new PixArtConfig(
        PixArtLayout.DIFFUSERS,
        heads,
        headDim,
        inChannels,
        outChannels,
        json.getPositiveInt("num_layers", 28),
        json.getBoolean("attention_bias", true),
        sampleSize,
        patchSize,
        (float) json.getPositiveDouble("norm_eps", 1e-6),
        json.getPositiveDouble("interpolation_scale", Math.max(sampleSize / SIGMA_STYLE_UNIT, 1)),
        sizeConditions,
        json.has("caption_channels")
            ? OptionalInt.of(json.getPositiveInt("caption_channels"))
            : OptionalInt.empty(),
        4 * channels);
  }

  /**
   * Reads the description of a checkpoint in the authors' layout; keys are the arguments of their
   * {@code PixArtMS}.
   *
   * @throws org.viditq.core.error.InvalidModelException as {@link #fromJson(JsonConfig)}
   */
  public static PixArtConfig fromOriginalJson(JsonConfig json) {
    int channels = json.getPositiveInt("hidden_size", 1152);
    int heads = json.getPositiveInt("num_heads", 16);
    if (channels % heads != 0 || channels % 4 != 0) {
      throw json.invalid("hidden_size", "a multiple of 4 and of num_heads (" + heads + ")");
    }
    int sampleSize = json.getPositiveInt("input_size", 32);
    int patchSize = json.getPositiveInt("patch_size", 2);
    if (sampleSize % patchSize != 0) {
      throw json.invalid("input_size", "a multiple of patch_size (" + patchSize + ")");
    }
    boolean sizeConditions = json.getBoolean("micro_condition", false);
    if (sizeConditions && channels % 3 != 0) {
      throw json.invalid("micro_condition", "false unless hidden_size is a multiple of 3");
    }
    int inChannels = json.getPositiveInt("in_channels", 4);
    boolean learnedSigma = json.getBoolean("pred_sigma", true);
    return new PixArtConfig(
        PixArtLayout.ORIGINAL,
        heads,
        channels / heads,
        inChannels,
        learnedSigma ? 2 * inChannels : inChannels,
        json.getPositiveInt("depth", 28),
        true,
        sampleSize,
        patchSize,
        1e-6f,
        json.getPositiveDouble("pe_interpolation", 1),
        sizeConditions,
        OptionalInt.of(json.getPositiveInt("caption_channels", 4096)),
        (int) (channels * json.getPositiveDouble("mlp_ratio", 4)));
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
