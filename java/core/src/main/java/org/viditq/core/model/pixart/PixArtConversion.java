package org.viditq.core.model.pixart;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import org.viditq.core.checkpoint.KeyMapping;
import org.viditq.core.model.DiffusersForm;
import org.viditq.core.tensor.Shape;

/** From the authors' layout to diffusers': other names, and fused projections taken apart. */
final class PixArtConversion {
  private static final Map<String, String> IN_BLOCK =
      Map.of(
          "attn.proj", "attn1.to_out.0",
          "cross_attn.q_linear", "attn2.to_q",
          "cross_attn.proj", "attn2.to_out.0",
          "mlp.fc1", "ff.net.0.proj",
          "mlp.fc2", "ff.net.2");

  private static final Map<String, String> OUTSIDE_BLOCKS =
      Map.ofEntries(
          Map.entry("x_embedder.proj", "pos_embed.proj"),
          Map.entry("t_embedder.mlp.0", "adaln_single.emb.timestep_embedder.linear_1"),
          Map.entry("t_embedder.mlp.2", "adaln_single.emb.timestep_embedder.linear_2"),
          Map.entry("csize_embedder.mlp.0", "adaln_single.emb.resolution_embedder.linear_1"),
          Map.entry("csize_embedder.mlp.2", "adaln_single.emb.resolution_embedder.linear_2"),
          Map.entry("ar_embedder.mlp.0", "adaln_single.emb.aspect_ratio_embedder.linear_1"),
          Map.entry("ar_embedder.mlp.2", "adaln_single.emb.aspect_ratio_embedder.linear_2"),
          Map.entry("t_block.1", "adaln_single.linear"),
          Map.entry("y_embedder.y_proj.fc1", "caption_projection.linear_1"),
          Map.entry("y_embedder.y_proj.fc2", "caption_projection.linear_2"),
          Map.entry("final_layer.linear", "proj_out"));

  private PixArtConversion() {}

  static DiffusersForm of(PixArtConfig config) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("_class_name", "PixArtTransformer2DModel");
    json.put("activation_fn", "gelu-approximate");
    json.put("attention_bias", true);
    json.put("attention_head_dim", config.headDim());
    json.put("caption_channels", config.textFeatures());
    json.put("cross_attention_dim", config.channels());
    json.put("in_channels", config.inChannels());
    json.put("interpolation_scale", config.interpolationScale());
    json.put("norm_elementwise_affine", false);
    json.put("norm_eps", config.normEps());
    json.put("norm_type", "ada_norm_single");
    json.put("num_attention_heads", config.heads());
    json.put("num_layers", config.layers());
    json.put("out_channels", config.outChannels());
    json.put("patch_size", config.patchSize());
    json.put("sample_size", config.sampleSize());
    json.put("use_additional_conditions", config.sizeConditions());
    return new DiffusersForm(json, PixArtConversion::map);
  }

  private static List<KeyMapping.Part> map(String name, Shape shape) {
    if (name.equals("final_layer.scale_shift_table")) {
      return List.of(KeyMapping.Part.whole("scale_shift_table"));
    }
    int dot = name.lastIndexOf('.');
    String layer = dot < 0 ? name : name.substring(0, dot);
    String tensor = dot < 0 ? "" : name.substring(dot);
    if (!layer.startsWith("blocks.")) {
      // Position tables and the null caption have no place in diffusers' layout.
      String renamed = OUTSIDE_BLOCKS.get(layer);
      return renamed == null ? List.of() : List.of(KeyMapping.Part.whole(renamed + tensor));
    }
    int end = layer.indexOf('.', "blocks.".length());
    if (end < 0) { // the block's table
      return List.of(KeyMapping.Part.whole("transformer_" + name));
    }
    String block = "transformer_" + layer.substring(0, end + 1);
    String part = layer.substring(end + 1);
    return switch (part) {
      case "attn.qkv" ->
          KeyMapping.equalRows(
              name,
              shape,
              block + "attn1.to_q" + tensor,
              block + "attn1.to_k" + tensor,
              block + "attn1.to_v" + tensor);
      case "cross_attn.kv_linear" ->
          KeyMapping.equalRows(
              name, shape, block + "attn2.to_k" + tensor, block + "attn2.to_v" + tensor);
      default ->
          IN_BLOCK.containsKey(part)
              ? List.of(KeyMapping.Part.whole(block + IN_BLOCK.get(part) + tensor))
              : List.of();
    };
  }
}
