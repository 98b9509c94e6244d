package org.viditq.core.model;

import java.util.OptionalInt;
import org.viditq.core.diffusers.JsonConfig;

/**
 * The arguments that the authors' {@code DiT} and {@code Latte} have in common, as Latte's code
 * comes from DiT's, and so do the names of its tensors.
 *
 * @param channels {@code hidden_size}
 * @param heads {@code num_heads}
 * @param inChannels latent channels, {@code in_channels}
 * @param outChannels channels of the prediction: twice {@code inChannels} with {@code learn_sigma}
 * @param patchSize side of a patch
 * @param sampleSize side of the training latents, {@code input_size}
 * @param depth blocks
 * @param classes {@code num_classes}, the null class aside
 * @param mlpHidden hidden channels of the blocks' MLP, by {@code mlp_ratio}
 */
public record DitArguments(
    int channels,
    int heads,
    int inChannels,
    int outChannels,
    int patchSize,
    int sampleSize,
    int depth,
    int classes,
    int mlpHidden) {
  /** Name of the class table, which has a row for the null class behind the others. */
  public static final String CLASS_TABLE = "y_embedder.embedding_table.weight";

  /** A layer that every block of this layout has, and no block of another. */
  public static final String BLOCK_MARK = "blocks.0.adaLN_modulation.1.weight";

  /**
   * @throws org.viditq.core.error.InvalidModelException if arguments contradict each other or the
   *     weights
   */
  public static DitArguments of(ModelDescription model) {
    JsonConfig json = model.json();
    String patches = "x_embedder.proj.weight";
    int channels =
        model.value("hidden_size", model.extent(patches, 0), 1152, ModelDescription.MAX_CHANNELS);
    int heads = model.heads("num_heads", OptionalInt.of(channels), 16);
    if (channels % heads != 0 || channels % 4 != 0) {
      throw json.invalid("hidden_size", "a multiple of 4 and of num_heads (" + heads + ")");
    }
    int inChannels =
        model.value(
            "in_channels", model.extent(patches, 1), 4, ModelDescription.MAX_LATENT_CHANNELS);
    int patch = model.value("patch_size", model.extent(patches, 2), 2, ModelDescription.MAX_PATCH);
    return new DitArguments(
        channels,
        heads,
        inChannels,
        outChannels(model, inChannels, patch),
        patch,
        model.sampleSize("input_size", patch, model.extent("pos_embed", 1), 32),
        model.value("depth", model.blocks("blocks."), 28, ModelDescription.MAX_BLOCKS),
        model.value(
            "num_classes",
            ModelDescription.minusOne(model.extent(CLASS_TABLE, 0)),
            1000,
            ModelDescription.MAX_COUNT),
        model.mlpHidden("mlp_ratio", channels, model.extent("blocks.0.mlp.fc1.weight", 0)));
  }

  private static int outChannels(ModelDescription model, int inChannels, int patch) {
    OptionalInt stored =
        ModelDescription.perPixel(model.extent("final_layer.linear.weight", 0), patch);
    boolean learned =
        model.json().getBoolean("learn_sigma", stored.orElse(2 * inChannels) == 2 * inChannels);
    int channels = learned ? 2 * inChannels : inChannels;
    model.requireStored("learn_sigma", channels, stored);
    return channels;
  }
}
