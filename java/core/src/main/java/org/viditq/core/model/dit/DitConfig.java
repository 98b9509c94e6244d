package org.viditq.core.model.dit;

import java.util.OptionalInt;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.DitArguments;
import org.viditq.core.model.ModelDescription;

/**
 * What a DiT is made of.
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
 * @param mlpEps eps of the LayerNorms in front of the blocks' MLPs; that of all others is 1e-6
 * @param classes number of classes, the null class aside
 * @param mlpHidden hidden channels of the blocks' MLP
 */
public record DitConfig(
    DitLayout layout,
    int heads,
    int headDim,
    int inChannels,
    int outChannels,
    int layers,
    boolean attentionBias,
    int sampleSize,
    int patchSize,
    float mlpEps,
    int classes,
    int mlpHidden) {

  /**
   * Reads what is known of a model. In diffusers' layout the keys are those of {@code
   * DiTTransformer2DModel}, in the authors' the arguments of their {@code DiT}; what neither
   * configuration nor weights say has the default of that class.
   *
   * @throws org.viditq.core.error.InvalidModelException if a value has the wrong type, contradicts
   *     another or the weights, or asks for something DiT does not have
   */
  public static DitConfig of(DitLayout layout, ModelDescription model) {
    return layout == DitLayout.DIFFUSERS ? diffusers(model) : original(DitArguments.of(model));
  }

  private static DitConfig diffusers(ModelDescription model) {
    JsonConfig json = model.json();
    model.requireIfGiven("norm_type", "ada_norm_zero");
    model.requireIfGiven("activation_fn", "gelu-approximate");
    model.requireOff("norm_elementwise_affine", "only_cross_attention", "double_self_attention");
    model.requireAbsent("cross_attention_dim", "caption_channels", "num_vector_embeds");
    String patches = "pos_embed.proj.weight";
    OptionalInt storedChannels = model.extent(patches, 0);
    int heads = model.heads("num_attention_heads", storedChannels, 16);
    int headDim = model.headDim("attention_head_dim", heads, storedChannels, 72);
    int channels =
        model.channels("num_attention_heads", heads, "attention_head_dim", headDim, storedChannels);
    int inChannels =
        model.value(
            "in_channels", model.extent(patches, 1), 4, ModelDescription.MAX_LATENT_CHANNELS);
    int patch = model.value("patch_size", model.extent(patches, 2), 2, ModelDescription.MAX_PATCH);
    return new DitConfig(
        DitLayout.DIFFUSERS,
        heads,
        headDim,
        inChannels,
        model.outChannels(
            "out_channels", inChannels, patch, model.extent("proj_out_2.weight", 0), inChannels),
        model.value(
            "num_layers", model.blocks("transformer_blocks."), 28, ModelDescription.MAX_BLOCKS),
        json.getBoolean("attention_bias", true),
        model.sampleSize("sample_size", patch, OptionalInt.empty(), 32),
        patch,
        (float) json.getPositiveDouble("norm_eps", 1e-5),
        model.value(
            "num_embeds_ada_norm",
            ModelDescription.minusOne(model.extent(DitLayout.FIRST_CLASS_TABLE, 0)),
            1000,
            ModelDescription.MAX_COUNT),
        4 * channels);
  }

  private static DitConfig original(DitArguments arguments) {
    return new DitConfig(
        DitLayout.ORIGINAL,
        arguments.heads(),
        arguments.channels() / arguments.heads(),
        arguments.inChannels(),
        arguments.outChannels(),
        arguments.depth(),
        true,
        arguments.sampleSize(),
        arguments.patchSize(),
        1e-6f,
        arguments.classes(),
        arguments.mlpHidden());
  }

  /** Channels of the transformer: heads times head dimension. */
  public int channels() {
    return heads * headDim;
  }

  /** Patches along one side of the training latents. */
  public int baseGrid() {
    return sampleSize / patchSize;
  }

  /**
   * Patches along a side of latents.
   *
   * @throws UsageException if they are not square or cannot be cut into patches
   */
  int sideInPatches(int height, int width) {
    if (height != width || height % patchSize != 0) {
      throw new UsageException(
          "DiT takes square latents whose side is a multiple of its patch's, "
              + patchSize
              + ", but these are "
              + height
              + " x "
              + width
              + "; choose another picture size.");
    }
    return height / patchSize;
  }

  /** Features that the last layer gives per token. */
  public int outputFeatures() {
    return patchSize * patchSize * outChannels;
  }
}
