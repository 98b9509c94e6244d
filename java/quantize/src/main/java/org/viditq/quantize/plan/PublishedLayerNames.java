package org.viditq.quantize.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the published code calls the layers of a diffusers PixArt checkpoint: its plans name layers
 * as the models' authors do, with separate ({@code attn.q}, Open-Sora) or fused ({@code attn.qkv},
 * {@code cross_attn.kv_linear}) projections.
 */
final class PublishedLayerNames {
  /** Convolution, hence never quantized, though the published lists name it. */
  static final String PATCH_EMBEDDING = "pos_embed.proj";

  private static final Pattern BLOCK = Pattern.compile("transformer_blocks\\.(\\d+)\\.(.+)");

  private static final Map<String, List<String>> IN_BLOCK =
      Map.of(
          "attn1.to_q", List.of("attn.q", "attn.qkv"),
          "attn1.to_k", List.of("attn.k", "attn.qkv"),
          "attn1.to_v", List.of("attn.v", "attn.qkv"),
          "attn1.to_out.0", List.of("attn.proj"),
          "attn2.to_q", List.of("cross_attn.q_linear"),
          "attn2.to_k", List.of("cross_attn.k_linear", "cross_attn.kv_linear"),
          "attn2.to_v", List.of("cross_attn.v_linear", "cross_attn.kv_linear"),
          "attn2.to_out.0", List.of("cross_attn.proj"),
          "ff.net.0.proj", List.of("mlp.fc1"),
          "ff.net.2", List.of("mlp.fc2"));

  private static final Map<String, String> OUTSIDE_BLOCKS =
      Map.ofEntries(
          Map.entry(PATCH_EMBEDDING, "x_embedder.proj"),
          Map.entry("adaln_single.emb.timestep_embedder.linear_1", "t_embedder.mlp.0"),
          Map.entry("adaln_single.emb.timestep_embedder.linear_2", "t_embedder.mlp.2"),
          Map.entry("adaln_single.emb.resolution_embedder.linear_1", "csize_embedder.mlp.0"),
          Map.entry("adaln_single.emb.resolution_embedder.linear_2", "csize_embedder.mlp.2"),
          Map.entry("adaln_single.emb.aspect_ratio_embedder.linear_1", "ar_embedder.mlp.0"),
          Map.entry("adaln_single.emb.aspect_ratio_embedder.linear_2", "ar_embedder.mlp.2"),
          Map.entry("adaln_single.linear", "t_block.1"),
          Map.entry("caption_projection.linear_1", "y_embedder.y_proj.fc1"),
          Map.entry("caption_projection.linear_2", "y_embedder.y_proj.fc2"),
          Map.entry("proj_out", "final_layer.linear"));

  private PublishedLayerNames() {}

  /** Names of the diffusers layer {@code layer} in the published code; none if it has no such. */
  static List<String> of(String layer) {
    Matcher block = BLOCK.matcher(layer);
    if (!block.matches()) {
      String name = OUTSIDE_BLOCKS.get(layer);
      return name == null ? List.of() : List.of(name);
    }
    List<String> names = new ArrayList<>();
    for (String suffix : IN_BLOCK.getOrDefault(block.group(2), List.of())) {
      names.add("blocks." + block.group(1) + "." + suffix);
    }
    return names;
  }
}
