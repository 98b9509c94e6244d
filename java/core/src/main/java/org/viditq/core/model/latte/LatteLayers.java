package org.viditq.core.model.latte;

import static org.viditq.core.model.LinearLayer.Type.CROSS_ATTENTION;
import static org.viditq.core.model.LinearLayer.Type.EMBEDDING;
import static org.viditq.core.model.LinearLayer.Type.FEED_FORWARD;
import static org.viditq.core.model.LinearLayer.Type.MODULATION;
import static org.viditq.core.model.LinearLayer.Type.OUTPUT;
import static org.viditq.core.model.LinearLayer.Type.SELF_ATTENTION;
import static org.viditq.core.model.LinearLayer.Type.TEMPORAL_ATTENTION;
import static org.viditq.core.model.LinearLayer.Type.TEXT_PROJECTION;

import java.util.ArrayList;
import java.util.List;
import org.viditq.core.model.LinearLayer;
import org.viditq.core.model.embedding.TimestepEmbedder;

/** The linear layers of Latte. The published code has no plans for it, and no names of its own. */
final class LatteLayers {
  /** The patch embedding and the class table, which plans may name as well. */
  static final List<String> OTHER_PARTS =
      List.of("pos_embed.proj", "x_embedder.proj", "y_embedder.embedding_table");

  private static final int FREQUENCIES = TimestepEmbedder.FREQUENCIES;

  private final LatteConfig config;
  private final int channels;
  private final List<LinearLayer> layers = new ArrayList<>();

  private LatteLayers(LatteConfig config) {
    this.config = config;
    this.channels = config.channels();
  }

  static List<LinearLayer> of(LatteConfig config) {
    LatteLayers all = new LatteLayers(config);
    if (config.layout() == LatteLayout.TEXT_TO_VIDEO) {
      all.addTextToVideo();
    } else {
      all.addClassConditional();
    }
    return List.copyOf(all.layers);
  }

  private void addTextToVideo() {
    outside("adaln_single.emb.timestep_embedder.linear_1", EMBEDDING, FREQUENCIES, channels);
    outside("adaln_single.emb.timestep_embedder.linear_2", EMBEDDING, channels, channels);
    outside("adaln_single.linear", MODULATION, channels, 6 * channels);
    outside(
        "caption_projection.linear_1",
        TEXT_PROJECTION,
        config.captionChannels().getAsInt(),
        channels);
    outside("caption_projection.linear_2", TEXT_PROJECTION, channels, channels);
    for (int i = 0; i < config.layers(); i++) {
      String spatial = config.layout().spatialBlock(i);
      addAttention(spatial + "attn1.", SELF_ATTENTION);
      addAttention(spatial + "attn2.", CROSS_ATTENTION);
      addMlp(spatial + "ff.net.0.proj", spatial + "ff.net.2");
      if (config.temporal()) {
        String temporal = config.layout().temporalBlock(i);
        addAttention(temporal + "attn1.", TEMPORAL_ATTENTION);
        addMlp(temporal + "ff.net.0.proj", temporal + "ff.net.2");
      }
    }
    outside("proj_out", OUTPUT, channels, config.outputFeatures());
  }

  private void addClassConditional() {
    outside("t_embedder.mlp.0", EMBEDDING, FREQUENCIES, channels);
    outside("t_embedder.mlp.2", EMBEDDING, channels, channels);
    for (int i = 0; i < config.layers(); i++) {
      addFusedBlock(config.layout().spatialBlock(i), SELF_ATTENTION);
      addFusedBlock(config.layout().temporalBlock(i), TEMPORAL_ATTENTION);
    }
    outside("final_layer.adaLN_modulation.1", MODULATION, channels, 2 * channels);
    outside("final_layer.linear", OUTPUT, channels, config.outputFeatures());
  }

  private void addFusedBlock(String block, LinearLayer.Type attention) {
    inBlock(block + "adaLN_modulation.1", MODULATION, channels, 6 * channels);
    inBlock(block + "attn.qkv", attention, channels, 3 * channels);
    inBlock(block + "attn.proj", attention, channels, channels);
    addMlp(block + "mlp.fc1", block + "mlp.fc2");
  }

  private void addAttention(String prefix, LinearLayer.Type type) {
    for (String name : List.of("to_q", "to_k", "to_v", "to_out.0")) {
      inBlock(prefix + name, type, channels, channels);
    }
  }

  private void addMlp(String up, String down) {
    inBlock(up, FEED_FORWARD, channels, config.mlpHidden());
    inBlock(down, FEED_FORWARD, config.mlpHidden(), channels);
  }

  private void inBlock(String name, LinearLayer.Type type, int in, int out) {
    layers.add(LinearLayer.inBlock(name, type, in, out));
  }

  private void outside(String name, LinearLayer.Type type, int in, int out) {
    layers.add(LinearLayer.outsideBlocks(name, type, in, out));
  }
}
