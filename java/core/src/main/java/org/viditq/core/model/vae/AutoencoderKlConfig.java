package org.viditq.core.model.vae;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.List;
import org.viditq.core.diffusers.JsonConfig;

/**
 * What an AutoencoderKL is made of.
 *
 * @param inChannels channels of the pictures that are encoded
 * @param outChannels channels of the pictures that are decoded
 * @param latentChannels latent channels
 * @param blockChannels channels per resolution, finest first; n entries halve the size n - 1 times
 * @param layersPerBlock residual blocks per resolution of the encoder; the decoder has one more
 * @param normGroups groups of the GroupNorms
 * @param midAttention whether the middle block attends
 * @param quantConv whether a 1x1 convolution follows the encoder
 * @param postQuantConv whether a 1x1 convolution precedes the decoder
 * @param scalingFactor diffusion models see latents times this
 * @param sampleSize side of the pictures that it was trained for, pixels
 * @param temporal whether the decoder blends frames (AutoencoderKLTemporalDecoder)
 */
public record AutoencoderKlConfig(
    int inChannels,
    int outChannels,
    int latentChannels,
    List<Integer> blockChannels,
    int layersPerBlock,
    int normGroups,
    boolean midAttention,
    boolean quantConv,
    boolean postQuantConv,
    double scalingFactor,
    int sampleSize,
    boolean temporal) {

  private static final double DEFAULT_SCALING = 0.18215;
  private static final int DEFAULT_SAMPLE_SIZE = 32;
  private static final int TEMPORAL_NORM_GROUPS = 32;

  public AutoencoderKlConfig {
    blockChannels = List.copyOf(blockChannels);
  }

  /** As {@link #fromJson(JsonConfig)}. */
  public static AutoencoderKlConfig fromJson(JsonNode json) {
    return fromJson(JsonConfig.of(json, "The VAE configuration"));
  }

  /**
   * Reads the {@code config.json} of diffusers' {@code AutoencoderKL}; absent keys have diffusers'
   * defaults.
   *
   * @throws org.viditq.core.error.InvalidModelException if a value has the wrong type, contradicts
   *     another, or asks for something that is not supported
   */
  public static AutoencoderKlConfig fromJson(JsonConfig json) {
    requireUnshifted(json);
    if (!json.getString("act_fn", "silu").equals("silu")) {
      throw json.invalid("act_fn", "\"silu\"");
    }
    int groups = json.getPositiveInt("norm_num_groups", 32);
    List<Integer> channels = blockChannels(json, groups);
    requireBlocks(json, "down_block_types", "DownEncoderBlock2D", channels.size());
    requireBlocks(json, "up_block_types", "UpDecoderBlock2D", channels.size());
    return new AutoencoderKlConfig(
        json.getPositiveInt("in_channels", 3),
        json.getPositiveInt("out_channels", 3),
        json.getPositiveInt("latent_channels", 4),
        channels,
        json.getPositiveInt("layers_per_block", 1),
        groups,
        json.getBoolean("mid_block_add_attention", true),
        json.getBoolean("use_quant_conv", true),
        json.getBoolean("use_post_quant_conv", true),
        json.getPositiveDouble("scaling_factor", DEFAULT_SCALING),
        sampleSize(json),
        false);
  }

  /**
   * Reads the {@code config.json} of diffusers' {@code AutoencoderKLTemporalDecoder}.
   *
   * @throws org.viditq.core.error.InvalidModelException as {@link #fromJson(JsonConfig)}
   */
  public static AutoencoderKlConfig fromTemporalJson(JsonConfig json) {
    requireUnshifted(json);
    List<Integer> channels = blockChannels(json, TEMPORAL_NORM_GROUPS);
    requireBlocks(json, "down_block_types", "DownEncoderBlock2D", channels.size());
    return new AutoencoderKlConfig(
        json.getPositiveInt("in_channels", 3),
        json.getPositiveInt("out_channels", 3),
        json.getPositiveInt("latent_channels", 4),
        channels,
        json.getPositiveInt("layers_per_block", 1),
        TEMPORAL_NORM_GROUPS,
        true,
        true,
        false,
        json.getPositiveDouble("scaling_factor", DEFAULT_SCALING),
        sampleSize(json),
        true);
  }

  /** The tiles that diffusers decodes by: as large as the pictures of the training. */
  public Tiling tiling() {
    return Tiling.ofSide(Math.max(1, sampleSize / downsampling()));
  }

  /** Picture pixels per latent pixel along each side. */
  public int downsampling() {
    return 1 << (blockChannels.size() - 1);
  }

  /** Channels at the coarsest resolution. */
  int coarsestChannels() {
    return blockChannels.get(blockChannels.size() - 1);
  }

  /** One number, or height and width, of which diffusers goes by the first. */
  private static int sampleSize(JsonConfig json) {
    String key = "sample_size";
    if (!json.node().path(key).isArray()) {
      return json.getPositiveInt(key, DEFAULT_SAMPLE_SIZE);
    }
    int[] sides = json.getIntArray(key);
    if (sides.length == 0 || sides[0] < 1) {
      throw json.invalid(key, "positive");
    }
    return sides[0];
  }

  private static List<Integer> blockChannels(JsonConfig json, int groups) {
    int[] channels = json.getIntArray("block_out_channels");
    if (channels.length == 0) {
      throw json.invalid("block_out_channels", "a list of at least one channel count");
    }
    for (int count : channels) {
      if (count <= 0 || count % groups != 0) {
        throw json.invalid(
            "block_out_channels", "positive multiples of the " + groups + " norm groups");
      }
    }
    return Arrays.stream(channels).boxed().toList();
  }

  private static void requireBlocks(JsonConfig json, String key, String type, int count) {
    if (!json.has(key)) {
      return;
    }
    List<String> types = json.getStrings(key);
    if (types.size() != count || !types.stream().allMatch(type::equals)) {
      throw json.invalid(key, "one \"" + type + "\" per entry of block_out_channels");
    }
  }

  private static void requireUnshifted(JsonConfig json) {
    for (String key : List.of("shift_factor", "latents_mean", "latents_std")) {
      if (json.has(key)) {
        throw json.invalid(key, "null: shifted latents are not supported");
      }
    }
  }
}
