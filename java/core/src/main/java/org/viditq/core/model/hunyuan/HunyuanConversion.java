package org.viditq.core.model.hunyuan;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import org.viditq.core.checkpoint.KeyMapping;
import org.viditq.core.checkpoint.KeyMapping.Part;
import org.viditq.core.checkpoint.KeyMapping.Rows;
import org.viditq.core.model.DiffusersForm;
import org.viditq.core.tensor.Shape;

/**
 * From the authors' layout to diffusers': other names, fused projections taken apart, scales before
 * shifts, and of styles the one that the published pipeline asks for.
 */
final class HunyuanConversion {
  private static final Map<String, String> IN_BLOCK =
      Map.ofEntries(
          Map.entry("norm1", "norm1.norm"),
          Map.entry("norm2", "norm3"),
          Map.entry("norm3", "norm2"),
          Map.entry("default_modulation.1", "norm1.linear"),
          Map.entry("attn1.q_norm", "attn1.norm_q"),
          Map.entry("attn1.k_norm", "attn1.norm_k"),
          Map.entry("attn1.out_proj", "attn1.to_out.0"),
          Map.entry("attn2.q_proj", "attn2.to_q"),
          Map.entry("attn2.q_norm", "attn2.norm_q"),
          Map.entry("attn2.k_norm", "attn2.norm_k"),
          Map.entry("attn2.out_proj", "attn2.to_out.0"),
          Map.entry("mlp.fc1", "ff.net.0.proj"),
          Map.entry("mlp.fc2", "ff.net.2"),
          Map.entry("skip_norm", "skip_norm"),
          Map.entry("skip_linear", "skip_linear"));

  private static final Map<String, String> OUTSIDE_BLOCKS =
      Map.ofEntries(
          Map.entry("x_embedder.proj", "pos_embed.proj"),
          Map.entry("t_embedder.mlp.0", "time_extra_emb.timestep_embedder.linear_1"),
          Map.entry("t_embedder.mlp.2", "time_extra_emb.timestep_embedder.linear_2"),
          Map.entry("pooler.q_proj", "time_extra_emb.pooler.q_proj"),
          Map.entry("pooler.k_proj", "time_extra_emb.pooler.k_proj"),
          Map.entry("pooler.v_proj", "time_extra_emb.pooler.v_proj"),
          Map.entry("pooler.c_proj", "time_extra_emb.pooler.c_proj"),
          Map.entry("extra_embedder.0", "time_extra_emb.extra_embedder.linear_1"),
          Map.entry("extra_embedder.2", "time_extra_emb.extra_embedder.linear_2"),
          Map.entry("mlp_t5.0", "text_embedder.linear_1"),
          Map.entry("mlp_t5.2", "text_embedder.linear_2"),
          Map.entry("final_layer.linear", "proj_out"));

  private HunyuanConversion() {}

  static DiffusersForm of(HunyuanConfig config) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("_class_name", "HunyuanDiT2DModel");
    json.put("activation_fn", "gelu-approximate");
    json.put("attention_head_dim", config.headDim());
    json.put("cross_attention_dim", config.textFeatures());
    json.put("cross_attention_dim_t5", config.text2Features());
    json.put("hidden_size", config.channels());
    json.put("in_channels", config.inChannels());
    json.put("learn_sigma", config.outChannels() == 2 * config.inChannels());
    // The middle of all ratios that give so many channels, as they are rounded down.
    json.put("mlp_ratio", (config.mlpHidden() + 0.5) / config.channels());
    json.put("norm_type", "layer_norm");
    json.put("num_attention_heads", config.heads());
    json.put("num_layers", config.layers());
    json.put("patch_size", config.patchSize());
    json.put("pooled_projection_dim", config.pooledFeatures());
    json.put("sample_size", config.sampleSize());
    json.put("text_len", config.textTokens());
    json.put("text_len_t5", config.text2Tokens());
    json.put("use_style_cond_and_image_meta_size", config.sizeConditions());
    return new DiffusersForm(json, HunyuanConversion::map);
  }

  private static List<Part> map(String name, Shape shape) {
    switch (name) {
      case "text_embedding_padding":
        return List.of(Part.whole(name));
      case "pooler.positional_embedding":
        return List.of(Part.whole("time_extra_emb." + name));
      case "style_embedder.weight":
        return List.of(new Part("time_extra_emb." + name, List.of(new Rows(0, 1))));
      default:
        int dot = name.lastIndexOf('.');
        return dot < 0 ? List.of() : map(name, name.substring(0, dot), name.substring(dot), shape);
    }
  }

  private static List<Part> map(String name, String layer, String kind, Shape shape) {
    if (layer.equals("final_layer.adaLN_modulation.1")) {
      int half = shape.dim(0) / 2;
      return List.of(
          new Part("norm_out.linear" + kind, List.of(new Rows(half, half), new Rows(0, half))));
    }
    if (!layer.startsWith("blocks.")) {
      String renamed = OUTSIDE_BLOCKS.get(layer);
      return renamed == null ? List.of() : List.of(Part.whole(renamed + kind));
    }
    int end = layer.indexOf('.', "blocks.".length()) + 1;
    String block = layer.substring(0, end);
    String part = layer.substring(end);
    return switch (part) {
      case "attn1.Wqkv" ->
          KeyMapping.equalRows(
              name,
              shape,
              block + "attn1.to_q" + kind,
              block + "attn1.to_k" + kind,
              block + "attn1.to_v" + kind);
      case "attn2.kv_proj" ->
          KeyMapping.equalRows(
              name, shape, block + "attn2.to_k" + kind, block + "attn2.to_v" + kind);
      default ->
          IN_BLOCK.containsKey(part)
              ? List.of(Part.whole(block + IN_BLOCK.get(part) + kind))
              : List.of();
    };
  }
}
