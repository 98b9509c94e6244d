package org.viditq.core.model.latte;

import java.util.OptionalInt;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.model.DitArguments;
import org.viditq.core.model.ModelDescription;

/**
 * What a Latte is made of.
 *
 * @param layout how the checkpoint names its tensors
 * @param heads attention heads
 * @param headDim channels per head
 * @param inChannels latent channels
 * @param outChannels channels of the prediction; twice {@code inChannels} where the variance is
 *     learned too
 * @param layers pairs of a spatial and a temporal block
 * @param attentionBias whether the q, k and v projections have biases
 * @param sampleSize side of the training latents
 * @param patchSize side of a patch
 * @param normEps eps of the blocks' LayerNorms
 * @param interpolationScale divisor of the spatial positions
 * @param captionChannels channels of the text encoding; empty if conditioned on classes
 * @param classes number of classes, the null class aside; 0 if conditioned on text
 * @param frames of latents that the model was trained for
 * @param mlpHidden hidden channels of the blocks' MLP
 * @param temporal whether the temporal blocks are evaluated; without them frames are independent,
 *     as with {@code enable_temporal_attentions=False} in diffusers
 */
public record LatteConfig(
    LatteLayout layout,
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
    OptionalInt captionChannels,
    int classes,
    int frames,
    int mlpHidden,
    boolean temporal) {

  /** Training latents of this side have positions one apart (512 pixels, as in PixArt). */
  private static final int UNSCALED_SIZE = 64;

  /**
   * Reads what is known of a model: by the keys of diffusers' {@code LatteTransformer3DModel}, or
   * by the arguments of the authors' {@code Latte}; what neither configuration nor weights say has
   * the default of that class. {@code enable_temporal_attentions}, an argument of diffusers'
   * forward, is read as well.
   *
   * @throws InvalidModelException if a value has the wrong type, contradicts another or the
   *     weights, or asks for something Latte does not have here
   */
  public static LatteConfig of(LatteLayout layout, ModelDescription model) {
    return layout == LatteLayout.TEXT_TO_VIDEO ? textToVideo(model) : classConditional(model);
  }

  private static LatteConfig textToVideo(ModelDescription model) {
    JsonConfig json = model.json();
    model.requireIfGiven("norm_type", "ada_norm_single");
    model.requireIfGiven("activation_fn", "gelu-approximate");
    model.requireOff("norm_elementwise_affine", "only_cross_attention", "double_self_attention");
    model.requireAbsent("num_vector_embeds");
    String patches = "pos_embed.proj.weight";
    OptionalInt storedChannels = model.extent(patches, 0);
    int heads = model.heads("num_attention_heads", storedChannels, 16);
    int headDim = model.headDim("attention_head_dim", heads, storedChannels, 88);
    int channels =
        model.channels("num_attention_heads", heads, "attention_head_dim", headDim, storedChannels);
    if (json.getInt("cross_attention_dim", channels) != channels) {
      throw json.invalid(
          "cross_attention_dim", "num_attention_heads times attention_head_dim (" + channels + ")");
    }
    int inChannels =
        model.required(
            "in_channels", model.extent(patches, 1), ModelDescription.MAX_LATENT_CHANNELS);
    int patch = model.required("patch_size", model.extent(patches, 2), ModelDescription.MAX_PATCH);
    int layers =
        model.value(
            "num_layers", model.blocks("transformer_blocks."), 1, ModelDescription.MAX_BLOCKS);
    model.requireStored("num_layers", layers, model.blocks("temporal_transformer_blocks."));
    int sampleSize = model.sampleSize("sample_size", patch, OptionalInt.empty(), 64);
    return new LatteConfig(
        LatteLayout.TEXT_TO_VIDEO,
        heads,
        headDim,
        inChannels,
        model.outChannels(
            "out_channels", inChannels, patch, model.extent("proj_out.weight", 0), inChannels),
        layers,
        json.getBoolean("attention_bias", model.stores("transformer_blocks.0.attn1.to_q.bias")),
        sampleSize,
        patch,
        (float) json.getPositiveDouble("norm_eps", 1e-5),
        Math.max(sampleSize / UNSCALED_SIZE, 1),
        OptionalInt.of(
            model.required(
                "caption_channels",
                model.extent("caption_projection.linear_1.weight", 1),
                ModelDescription.MAX_CHANNELS)),
        0,
        model.value("video_length", OptionalInt.empty(), 16, ModelDescription.MAX_COUNT),
        4 * channels,
        json.getBoolean("enable_temporal_attentions", true));
  }

  private static LatteConfig classConditional(ModelDescription model) {
    JsonConfig json = model.json();
    if (json.getInt("extras", 2) != 2) {
      throw json.invalid("extras", "2, for class-conditional models");
    }
    if (model.stores(DitArguments.BLOCK_MARK) && !model.stores(DitArguments.CLASS_TABLE)) {
      throw new InvalidModelException(
          model.weightsSource()
              + " holds a Latte that is not conditioned on classes, as it lacks "
              + DitArguments.CLASS_TABLE
              + "; such models are not supported.");
    }
    DitArguments arguments = DitArguments.of(model);
    if (arguments.depth() % 2 != 0) {
      throw json.invalid(
          "depth",
          "even, as spatial and temporal blocks alternate, and there are " + arguments.depth());
    }
    return new LatteConfig(
        LatteLayout.CLASS_CONDITIONAL,
        arguments.heads(),
        arguments.channels() / arguments.heads(),
        arguments.inChannels(),
        arguments.outChannels(),
        arguments.depth() / 2,
        true,
        arguments.sampleSize(),
        arguments.patchSize(),
        1e-6f,
        1,
        OptionalInt.empty(),
        arguments.classes(),
        model.value(
            "num_frames",
            model.extent(LatteLayout.TEMPORAL_TABLE, 1),
            16,
            ModelDescription.MAX_COUNT),
        arguments.mlpHidden(),
        true);
  }

  /** Channels of the transformer: heads times head dimension. */
  public int channels() {
    return heads * headDim;
  }

  /** Patches along one side of the training latents. */
  public int baseGrid() {
    return sampleSize / patchSize;
  }

  /** Features that the last layer gives per token. */
  public int outputFeatures() {
    return patchSize * patchSize * outChannels;
  }
}
