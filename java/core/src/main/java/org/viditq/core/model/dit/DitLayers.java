package org.viditq.core.model.dit;

import static org.viditq.core.model.LinearLayer.Type.EMBEDDING;
import static org.viditq.core.model.LinearLayer.Type.FEED_FORWARD;
import static org.viditq.core.model.LinearLayer.Type.MODULATION;
import static org.viditq.core.model.LinearLayer.Type.OUTPUT;
import static org.viditq.core.model.LinearLayer.Type.SELF_ATTENTION;

import java.util.ArrayList;
import java.util.List;
import org.viditq.core.model.LinearLayer;
import org.viditq.core.model.embedding.TimestepEmbedder;

/**
 * The linear layers of DiT. The timestep embedders of diffusers' blocks, copies of one in published
 * checkpoints, stay in full precision by default as embeddings do; what projects their result in a
 * block is quantized like the rest of it.
 */
final class DitLayers {
  /** The patch embedding and the class table, which plans may name as well. */
  static final List<String> OTHER_PARTS =
      List.of(
          "x_embedder.proj",
          "pos_embed.proj",
          "y_embedder.embedding_table",
          "norm1.emb.class_embedder.embedding_table");

  private static final int FREQUENCIES = TimestepEmbedder.FREQUENCIES;

  private final DitConfig config;
  private final int channels;
  private final List<LinearLayer> layers = new ArrayList<>();

  private DitLayers(DitConfig config) {
    this.config = config;
    this.channels = config.channels();
  }

  static List<LinearLayer> of(DitConfig config) {
    DitLayers all = new DitLayers(config);
    if (config.layout() == DitLayout.DIFFUSERS) {
      all.addDiffusers();
    } else {
      all.addOriginal();
    }
    return List.copyOf(all.layers);
  }

  private void addDiffusers() {
    for (int i = 0; i < config.layers(); i++) {
      String block = config.layout().block(i);
      String published = DitLayout.ORIGINAL.block(i);
      String embedder = block + "norm1.emb.timestep_embedder.linear_";
      outside(embedder + 1, EMBEDDING, FREQUENCIES, channels, "t_embedder.mlp.0");
      outside(embedder + 2, EMBEDDING, channels, channels, "t_embedder.mlp.2");
      inBlock(
          block + "norm1.linear",
          MODULATION,
          channels,
          6 * channels,
          published + "adaLN_modulation.1");
      for (String name : List.of("q", "k", "v")) {
        inBlock(
            block + "attn1.to_" + name,
            SELF_ATTENTION,
            channels,
            channels,
            published + "attn." + name,
            published + "attn.qkv");
      }
      inBlock(
          block + "attn1.to_out.0", SELF_ATTENTION, channels, channels, published + "attn.proj");
      inBlock(
          block + "ff.net.0.proj",
          FEED_FORWARD,
          channels,
          config.mlpHidden(),
          published + "mlp.fc1");
      inBlock(
          block + "ff.net.2", FEED_FORWARD, config.mlpHidden(), channels, published + "mlp.fc2");
    }
    outside("proj_out_1", MODULATION, channels, 2 * channels, "final_layer.adaLN_modulation.1");
    outside("proj_out_2", OUTPUT, channels, config.outputFeatures(), "final_layer.linear");
  }

  private void addOriginal() {
    outside("t_embedder.mlp.0", EMBEDDING, FREQUENCIES, channels);
    outside("t_embedder.mlp.2", EMBEDDING, channels, channels);
    for (int i = 0; i < config.layers(); i++) {
      String block = config.layout().block(i);
      inBlock(block + "adaLN_modulation.1", MODULATION, channels, 6 * channels);
      inBlock(block + "attn.qkv", SELF_ATTENTION, channels, 3 * channels);
      inBlock(block + "attn.proj", SELF_ATTENTION, channels, channels);
      inBlock(block + "mlp.fc1", FEED_FORWARD, channels, config.mlpHidden());
      inBlock(block + "mlp.fc2", FEED_FORWARD, config.mlpHidden(), channels);
    }
    outside("final_layer.adaLN_modulation.1", MODULATION, channels, 2 * channels);
    outside("final_layer.linear", OUTPUT, channels, config.outputFeatures());
  }

  private void inBlock(String name, LinearLayer.Type type, int in, int out, String... published) {
    layers.add(LinearLayer.inBlock(name, type, in, out, published));
  }

  private void outside(String name, LinearLayer.Type type, int in, int out, String... published) {
    layers.add(LinearLayer.outsideBlocks(name, type, in, out, published));
  }
}
