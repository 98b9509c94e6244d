package org.viditq.core.model.hunyuan;

import java.util.Optional;
import java.util.OptionalInt;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.model.WeightShapes;

/**
 * Reads a {@link HunyuanConfig}, each value from the configuration, else from the shapes of the
 * weights, else diffusers' default.
 */
final class HunyuanConfigReader {
  /** Latents of 512 pixels: the square of the published pipeline's rotary positions. */
  private static final int ROTARY_SIDE = 64;

  /** Latents of 1024 pixels, which all published models were trained for. */
  private static final int PUBLISHED_SIDE = 128;

  // Far above any model; they keep the arithmetic of lying configurations from overflowing.
  private static final int MAX_CHANNELS = 1 << 20;
  private static final int MAX_LATENT_CHANNELS = 1 << 12;
  private static final int MAX_TOKENS = 1 << 20;
  private static final int MAX_LAYERS = 1 << 12;
  private static final int MAX_SIDE = 1 << 16;

  private final JsonConfig json;
  private final Checkpoint weights;
  private final WeightShapes shapes;
  private final boolean recognized;
  private final HunyuanLayout layout;

  HunyuanConfigReader(JsonConfig json, Checkpoint weights) {
    this.json = json;
    this.weights = weights;
    this.shapes = new WeightShapes(weights);
    Optional<HunyuanLayout> found = HunyuanLayout.of(weights);
    this.recognized = found.isPresent();
    this.layout = found.orElse(HunyuanLayout.DIFFUSERS);
  }

  /**
   * What the weights say.
   *
   * @param tensor where it shows
   * @param value empty if it does not
   */
  private record Stored(String tensor, OptionalInt value) {
    static final Stored NOWHERE = new Stored("", OptionalInt.empty());

    /** Empty where something is left over. */
    Stored dividedBy(int divisor) {
      return value.isPresent() && value.getAsInt() % divisor == 0
          ? new Stored(tensor, OptionalInt.of(value.getAsInt() / divisor))
          : new Stored(tensor, OptionalInt.empty());
    }

    /** Empty where nothing would be left. */
    Stored without(int part) {
      return value.orElse(0) > part
          ? new Stored(tensor, OptionalInt.of(value.getAsInt() - part))
          : new Stored(tensor, OptionalInt.empty());
    }
  }

  HunyuanConfig read() {
    requireSupported("activation_fn", "gelu-approximate");
    requireSupported("norm_type", "layer_norm");
    int headDim = headDim();
    int heads = heads(headDim);
    int channels = heads * headDim;
    int patch = value("patch_size", stored(patches(), 2), 2, ROTARY_SIDE);
    int inChannels = value("in_channels", stored(patches(), 1), 4, MAX_LATENT_CHANNELS);
    int text2Tokens = value("text_len_t5", text2Tokens(), 256, MAX_TOKENS);
    return new HunyuanConfig(
        layout,
        heads,
        headDim,
        inChannels,
        outChannels(inChannels, patch),
        layers(),
        sampleSize(patch),
        patch,
        mlpHidden(channels),
        value(
            key("cross_attention_dim", "text_states_dim"),
            stored("text_embedding_padding", 1),
            1024,
            MAX_CHANNELS),
        value("text_len", stored("text_embedding_padding", 0).without(text2Tokens), 77, MAX_TOKENS),
        text2Features(),
        text2Tokens,
        value(
            "pooled_projection_dim",
            stored(key("time_extra_emb.pooler.c_proj.weight", "pooler.c_proj.weight"), 0),
            1024,
            MAX_CHANNELS),
        styles(),
        value("rope_base_size", Stored.NOWHERE, ROTARY_SIDE / patch, MAX_SIDE));
  }

  private int headDim() {
    int headDim =
        value(
            "attention_head_dim",
            stored(key("blocks.0.attn1.norm_q.weight", "blocks.0.attn1.q_norm.weight"), 0),
            88,
            MAX_CHANNELS);
    if (headDim % 4 != 0) {
      throw json.invalid(
          "attention_head_dim", "a multiple of 4, as pairs of channels turn by rows and columns");
    }
    return headDim;
  }

  private int heads(int headDim) {
    String key = key("num_attention_heads", "num_heads");
    int heads = value(key, stored(patches(), 0).dividedBy(headDim), 16, MAX_CHANNELS);
    if ((long) heads * headDim > MAX_CHANNELS) {
      throw json.invalid(key, "at most " + MAX_CHANNELS + " divided by the channels per head");
    }
    int channels = heads * headDim;
    if (json.getPositiveInt("hidden_size", channels) != channels) {
      throw json.invalid("hidden_size", heads + " heads of " + headDim + " channels: " + channels);
    }
    return heads;
  }

  /** The projection of patches: [channels, latent channels, side, side]. */
  private String patches() {
    return key("pos_embed.proj.weight", "x_embedder.proj.weight");
  }

  private int layers() {
    String key = key("num_layers", "depth");
    int layers = value(key, new Stored("blocks", shapes.blocks("blocks.")), 28, MAX_LAYERS);
    if (layers % 2 != 0) {
      throw json.invalid(key, "even, as the layers of one half are joined with those of the other");
    }
    return layers;
  }

  private Stored text2Tokens() {
    return stored(
            key("time_extra_emb.pooler.positional_embedding", "pooler.positional_embedding"), 0)
        .without(1);
  }

  private int text2Features() {
    String key = key("cross_attention_dim_t5", "text_states_dim_t5");
    int features =
        value(
            key,
            stored(key("text_embedder.linear_1.weight", "mlp_t5.0.weight"), 1),
            2048,
            MAX_CHANNELS);
    if (features % HunyuanConfig.POOLING_HEADS != 0) {
      throw json.invalid(
          key, "a multiple of the " + HunyuanConfig.POOLING_HEADS + " heads that pool it");
    }
    return features;
  }

  private int sampleSize(int patch) {
    String key = key("sample_size", "input_size");
    boolean bare = json.node().isEmpty() || layout == HunyuanLayout.ORIGINAL;
    int size = value(key, Stored.NOWHERE, bare ? PUBLISHED_SIDE : 32, MAX_SIDE);
    if (json.has(key) && size % patch != 0) {
      throw json.invalid(key, "a multiple of patch_size (" + patch + ")");
    }
    return size;
  }

  private int mlpHidden(int channels) {
    String key = "mlp_ratio";
    Stored stored = stored(key("blocks.0.ff.net.0.proj.weight", "blocks.0.mlp.fc1.weight"), 0);
    if (!json.has(key)) {
      return stored.value().orElse(4 * channels);
    }
    double hidden = channels * json.getPositiveDouble(key, 4);
    if (hidden < 1 || hidden > MAX_CHANNELS) {
      throw json.invalid(key, "such that the MLP has from 1 to " + MAX_CHANNELS + " channels");
    }
    requireSame(key, stored, (int) hidden, "such that the MLP has %d channels");
    return (int) hidden;
  }

  private int outChannels(int inChannels, int patch) {
    String key = "learn_sigma";
    Stored stored =
        stored(key("proj_out.weight", "final_layer.linear.weight"), 0).dividedBy(patch * patch);
    if (!json.has(key)) {
      return stored.value().orElse(2 * inChannels) == inChannels ? inChannels : 2 * inChannels;
    }
    int channels = json.getBoolean(key) ? 2 * inChannels : inChannels;
    requireSame(key, stored, channels, "such that %d channels are predicted");
    return channels;
  }

  private int styles() {
    String key = "use_style_cond_and_image_meta_size";
    String table = key("time_extra_emb.style_embedder.weight", "style_embedder.weight");
    OptionalInt rows = shapes.extent(table, 0);
    boolean conditioned = json.getBoolean(key, !recognized || rows.isPresent());
    if (!conditioned && rows.isPresent()) {
      throw json.invalid(key, "true, as the weights hold " + table);
    }
    return conditioned ? rows.orElse(1) : 0;
  }

  /**
   * @throws org.viditq.core.error.InvalidCheckpointException if the weights are those of a
   *     HunyuanDiT but for this tensor
   */
  private Stored stored(String tensor, int axis) {
    if (recognized) {
      weights.get(tensor);
    }
    return new Stored(tensor, shapes.extent(tensor, axis));
  }

  /** From 1 to {@code largest}. */
  private int value(String key, Stored stored, int fallback, int largest) {
    int value = json.getPositiveInt(key, stored.value().orElse(fallback));
    requireSame(key, stored, value, "%d");
    if (value > largest) {
      throw json.invalid(key, "at most " + largest);
    }
    return value;
  }

  /**
   * @param expected what must be there, with the stored value in it
   */
  private void requireSame(String key, Stored stored, int value, String expected) {
    if (stored.value().orElse(value) != value) {
      throw json.invalid(
          key,
          String.format(expected, stored.value().getAsInt())
              + ", as "
              + stored.tensor()
              + " shows");
    }
  }

  private void requireSupported(String key, String only) {
    if (!json.getString(key, only).equals(only)) {
      throw json.invalid(key, "\"" + only + "\" for HunyuanDiT");
    }
  }

  private String key(String diffusers, String original) {
    return layout == HunyuanLayout.DIFFUSERS ? diffusers : original;
  }
}
