package org.viditq.bench.model;

import java.util.List;
import org.viditq.core.diffusers.JsonConfig;

/** The tensors that the state dicts of diffusers' and transformers' models hold. */
public final class ModelLayouts {
  private ModelLayouts() {}

  /** PixArtTransformer2DModel without size conditions. */
  public static List<RandomTensor> pixArt(JsonConfig config) {
    int channels = config.getInt("num_attention_heads") * config.getInt("attention_head_dim");
    int patch = config.getInt("patch_size");
    TensorList list = new TensorList();
    list.convolution("pos_embed.proj", config.getInt("in_channels"), channels, patch);
    list.linear("adaln_single.emb.timestep_embedder.linear_1", 256, channels);
    list.linear("adaln_single.emb.timestep_embedder.linear_2", channels, channels);
    list.linear("adaln_single.linear", channels, 6 * channels);
    list.linear("caption_projection.linear_1", config.getInt("caption_channels"), channels);
    list.linear("caption_projection.linear_2", channels, channels);
    for (int i = 0; i < config.getInt("num_layers"); i++) {
      String block = "transformer_blocks." + i + ".";
      list.table(block + "scale_shift_table", 6, channels);
      for (String attention : List.of("attn1.", "attn2.")) {
        for (String projection : List.of("to_q", "to_k", "to_v", "to_out.0")) {
          list.linear(block + attention + projection, channels, channels);
        }
      }
      list.linear(block + "ff.net.0.proj", channels, 4 * channels);
      list.linear(block + "ff.net.2", 4 * channels, channels);
    }
    list.table("scale_shift_table", 2, channels);
    list.linear("proj_out", channels, patch * patch * config.getInt("out_channels"));
    return list.tensors();
  }

  /** T5EncoderModel with a gated feed-forward. */
  public static List<RandomTensor> t5Encoder(JsonConfig config) {
    int model = config.getInt("d_model");
    int heads = config.getInt("num_heads");
    int inner = heads * config.getInt("d_kv");
    int hidden = config.getInt("d_ff");
    TensorList list = new TensorList();
    list.weight("shared", config.getInt("vocab_size"), model);
    for (int i = 0; i < config.getInt("num_layers"); i++) {
      String attention = "encoder.block." + i + ".layer.0.";
      for (String projection : List.of("q", "k", "v")) {
        list.weight(attention + "SelfAttention." + projection, inner, model);
      }
      list.weight(attention + "SelfAttention.o", model, inner);
      if (i == 0) {
        int buckets = config.getInt("relative_attention_num_buckets");
        list.weight(attention + "SelfAttention.relative_attention_bias", buckets, heads);
      }
      list.scale(attention + "layer_norm", model);
      String dense = "encoder.block." + i + ".layer.1.";
      list.weight(dense + "DenseReluDense.wi_0", hidden, model);
      list.weight(dense + "DenseReluDense.wi_1", hidden, model);
      list.weight(dense + "DenseReluDense.wo", model, hidden);
      list.scale(dense + "layer_norm", model);
    }
    list.scale("encoder.final_layer_norm", model);
    return list.tensors();
  }

  /** AutoencoderKL. */
  public static List<RandomTensor> autoencoder(JsonConfig config) {
    int[] channels = config.getIntArray("block_out_channels");
    int layers = config.getInt("layers_per_block");
    int latent = config.getInt("latent_channels");
    int deepest = channels[channels.length - 1];
    TensorList list = new TensorList();

    list.convolution("encoder.conv_in", config.getInt("in_channels"), channels[0], 3);
    int current = channels[0];
    for (int i = 0; i < channels.length; i++) {
      String stage = "encoder.down_blocks." + i + ".";
      for (int j = 0; j < layers; j++) {
        residual(list, stage + "resnets." + j + ".", j == 0 ? current : channels[i], channels[i]);
      }
      current = channels[i];
      if (i < channels.length - 1) {
        list.convolution(stage + "downsamplers.0.conv", current, current, 3);
      }
    }
    middle(list, "encoder.mid_block.", deepest);
    list.norm("encoder.conv_norm_out", deepest);
    list.convolution("encoder.conv_out", deepest, 2 * latent, 3);
    list.convolution("quant_conv", 2 * latent, 2 * latent, 1);

    list.convolution("post_quant_conv", latent, latent, 1);
    list.convolution("decoder.conv_in", latent, deepest, 3);
    middle(list, "decoder.mid_block.", deepest);
    current = deepest;
    for (int i = 0; i < channels.length; i++) {
      String stage = "decoder.up_blocks." + i + ".";
      int out = channels[channels.length - 1 - i];
      for (int j = 0; j <= layers; j++) {
        residual(list, stage + "resnets." + j + ".", j == 0 ? current : out, out);
      }
      current = out;
      if (i < channels.length - 1) {
        list.convolution(stage + "upsamplers.0.conv", current, current, 3);
      }
    }
    list.norm("decoder.conv_norm_out", channels[0]);
    list.convolution("decoder.conv_out", channels[0], config.getInt("out_channels"), 3);
    return list.tensors();
  }

  private static void residual(TensorList list, String prefix, int in, int out) {
    list.norm(prefix + "norm1", in);
    list.convolution(prefix + "conv1", in, out, 3);
    list.norm(prefix + "norm2", out);
    list.convolution(prefix + "conv2", out, out, 3);
    if (in != out) {
      list.convolution(prefix + "conv_shortcut", in, out, 1);
    }
  }

  private static void middle(TensorList list, String prefix, int channels) {
    residual(list, prefix + "resnets.0.", channels, channels);
    list.norm(prefix + "attentions.0.group_norm", channels);
    for (String projection : List.of("to_q", "to_k", "to_v", "to_out.0")) {
      list.linear(prefix + "attentions.0." + projection, channels, channels);
    }
    residual(list, prefix + "resnets.1.", channels, channels);
  }
}
