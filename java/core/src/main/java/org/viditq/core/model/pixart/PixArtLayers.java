package org.viditq.core.model.pixart;

import static org.viditq.core.model.LinearLayer.Type.CROSS_ATTENTION;
import static org.viditq.core.model.LinearLayer.Type.EMBEDDING;
import static org.viditq.core.model.LinearLayer.Type.FEED_FORWARD;
import static org.viditq.core.model.LinearLayer.Type.MODULATION;
import static org.viditq.core.model.LinearLayer.Type.OUTPUT;
import static org.viditq.core.model.LinearLayer.Type.SELF_ATTENTION;
import static org.viditq.core.model.LinearLayer.Type.TEXT_PROJECTION;

import java.util.ArrayList;
import java.util.List;
import org.viditq.core.model.LinearLayer;
import org.viditq.core.model.embedding.TimestepEmbedder;

/**
 * The linear layers of PixArt. The published code names them as the authors do, with separate
 * ({@code attn.q}, Open-Sora) or fused ({@code attn.qkv}, {@code cross_attn.kv_linear})
 * projections.
 */
final class PixArtLayers {
  /** A convolution, which the published lists of full-precision layers name as well. */
  static final List<String> PATCH_EMBEDDING = List.of("pos_embed.proj", "x_embedder.proj");

  private static final int FREQUENCIES = TimestepEmbedder.FREQUENCIES;

  private final PixArtConfig config;
  private final List<LinearLayer> layers = new ArrayList<>();

  private PixArtLayers(PixArtConfig config) {
    this.config = config;
  }

  static List<LinearLayer> of(PixArtConfig config) {
    PixArtLayers all = new PixArtLayers(config);
    if (config.layout() == PixArtLayout.DIFFUSERS) {
      all.addDiffusers();
    } else {
      all.addOriginal();
    }
    return List.copyOf(all.layers);
  }

  private void addDiffusers() {
    int c = config.channels();
    addEmbedder("adaln_single.emb.timestep_embedder.linear_", 1, "t_embedder.mlp.", c);
    if (config.sizeConditions()) {
      addEmbedder("adaln_single.emb.resolution_embedder.linear_", 1, "csize_embedder.mlp.", c / 3);
      addEmbedder("adaln_single.emb.aspect_ratio_embedder.linear_", 1, "ar_embedder.mlp.", c / 3);
    }
    outside("adaln_single.linear", MODULATION, c, 6 * c, "t_block.1");
    if (config.captionChannels().isPresent()) {
      outside(
          "caption_projection.linear_1",
          TEXT_PROJECTION,
          config.textFeatures(),
          c,
          "y_embedder.y_proj.fc1");
      outside("caption_projection.linear_2", TEXT_PROJECTION, c, c, "y_embedder.y_proj.fc2");
    }
    for (int i = 0; i < config.layers(); i++) {
      String block = config.layout().block(i);
      String published = PixArtLayout.ORIGINAL.block(i);
      for (String name : List.of("q", "k", "v")) {
        layers.add(
            LinearLayer.inBlock(
                block + "attn1.to_" + name,
                SELF_ATTENTION,
                c,
                c,
                published + "attn." + name,
                published + "attn.qkv"));
      }
      inBlock(block + "attn1.to_out.0", SELF_ATTENTION, c, c, published + "attn.proj");
      inBlock(block + "attn2.to_q", CROSS_ATTENTION, c, c, published + "cross_attn.q_linear");
      for (String name : List.of("k", "v")) {
        layers.add(
            LinearLayer.inBlock(
                block + "attn2.to_" + name,
                CROSS_ATTENTION,
                c,
                c,
                published + "cross_attn." + name + "_linear",
                published + "cross_attn.kv_linear"));
      }
      inBlock(block + "attn2.to_out.0", CROSS_ATTENTION, c, c, published + "cross_attn.proj");
      inBlock(block + "ff.net.0.proj", FEED_FORWARD, c, config.mlpHidden(), published + "mlp.fc1");
      inBlock(block + "ff.net.2", FEED_FORWARD, config.mlpHidden(), c, published + "mlp.fc2");
    }
    outside("proj_out", OUTPUT, c, outputFeatures(), "final_layer.linear");
  }

  private void addOriginal() {
    int c = config.channels();
    addEmbedder("t_embedder.mlp.", 0, "", c);
    if (config.sizeConditions()) {
      addEmbedder("csize_embedder.mlp.", 0, "", c / 3);
      addEmbedder("ar_embedder.mlp.", 0, "", c / 3);
    }
    outside("t_block.1", MODULATION, c, 6 * c);
    outside("y_embedder.y_proj.fc1", TEXT_PROJECTION, config.textFeatures(), c);
    outside("y_embedder.y_proj.fc2", TEXT_PROJECTION, c, c);
    for (int i = 0; i < config.layers(); i++) {
      String block = config.layout().block(i);
      inBlock(block + "attn.qkv", SELF_ATTENTION, c, 3 * c);
      inBlock(block + "attn.proj", SELF_ATTENTION, c, c);
      inBlock(block + "cross_attn.q_linear", CROSS_ATTENTION, c, c);
      inBlock(block + "cross_attn.kv_linear", CROSS_ATTENTION, c, 2 * c);
      inBlock(block + "cross_attn.proj", CROSS_ATTENTION, c, c);
      inBlock(block + "mlp.fc1", FEED_FORWARD, c, config.mlpHidden());
      inBlock(block + "mlp.fc2", FEED_FORWARD, config.mlpHidden(), c);
    }
    outside("final_layer.linear", OUTPUT, c, outputFeatures());
  }

  private int outputFeatures() {
    return config.patchSize() * config.patchSize() * config.outChannels();
  }

  /**
   * Two layers: {@code name} with the numbers first and first + 1, or first + 2 in a Sequential.
   */
  private void addEmbedder(String name, int first, String published, int channels) {
    boolean sequential = first == 0; // an activation lies between
    String second = name + (sequential ? 2 : first + 1);
    if (published.isEmpty()) {
      outside(name + first, EMBEDDING, FREQUENCIES, channels);
      outside(second, EMBEDDING, channels, channels);
    } else {
      outside(name + first, EMBEDDING, FREQUENCIES, channels, published + 0);
      outside(second, EMBEDDING, channels, channels, published + 2);
    }
  }

  private void inBlock(String name, LinearLayer.Type type, int in, int out, String... published) {
    layers.add(LinearLayer.inBlock(name, type, in, out, published));
  }

  private void outside(String name, LinearLayer.Type type, int in, int out, String... published) {
    layers.add(LinearLayer.outsideBlocks(name, type, in, out, published));
  }
}
