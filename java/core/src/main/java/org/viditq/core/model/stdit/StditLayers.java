package org.viditq.core.model.stdit;

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

/**
 * The linear layers of an STDiT. The published code names them as Open-Sora does, but splits fused
 * projections before it quantizes them.
 */
final class StditLayers {
  /** A convolution, which the published list of full-precision layers names as well. */
  static final List<String> PATCH_EMBEDDING = List.of("x_embedder.proj");

  private final StditConfig config;
  private final List<LinearLayer> layers = new ArrayList<>();

  private StditLayers(StditConfig config) {
    this.config = config;
  }

  static List<LinearLayer> of(StditConfig config) {
    StditLayers all = new StditLayers(config);
    all.add();
    return List.copyOf(all.layers);
  }

  /** Prefix of the names in block {@code index}, with its trailing dot. */
  static String block(int index) {
    return "blocks." + index + ".";
  }

  private void add() {
    int c = config.channels();
    int hidden = config.mlpHidden();
    outside("t_embedder.mlp.0", EMBEDDING, TimestepEmbedder.FREQUENCIES, c);
    outside("t_embedder.mlp.2", EMBEDDING, c, c);
    outside("t_block.1", MODULATION, c, 6 * c);
    outside("y_embedder.y_proj.fc1", TEXT_PROJECTION, config.captionChannels(), c);
    outside("y_embedder.y_proj.fc2", TEXT_PROJECTION, c, c);
    for (int i = 0; i < config.layers(); i++) {
      String block = block(i);
      addSelfAttention(block + "attn.", SELF_ATTENTION);
      addSelfAttention(block + "attn_temp.", TEMPORAL_ATTENTION);
      inBlock(block + "cross_attn.q_linear", CROSS_ATTENTION, c, c);
      inBlock(block + "cross_attn.kv_linear", CROSS_ATTENTION, c, 2 * c);
      inBlock(block + "cross_attn.proj", CROSS_ATTENTION, c, c);
      inBlock(block + "mlp.fc1", FEED_FORWARD, c, hidden);
      inBlock(block + "mlp.fc2", FEED_FORWARD, hidden, c);
    }
    outside("final_layer.linear", OUTPUT, c, config.outputFeatures());
  }

  private void addSelfAttention(String attention, LinearLayer.Type type) {
    int c = config.channels();
    if (config.fusedQkv()) {
      inBlock(attention + "qkv", type, c, 3 * c, attention + "q", attention + "k", attention + "v");
    } else {
      inBlock(attention + "q", type, c, c);
      inBlock(attention + "k", type, c, c);
      inBlock(attention + "v", type, c, c);
    }
    inBlock(attention + "proj", type, c, c);
  }

  private void inBlock(String name, LinearLayer.Type type, int in, int out, String... published) {
    layers.add(LinearLayer.inBlock(name, type, in, out, published));
  }

  private void outside(String name, LinearLayer.Type type, int in, int out) {
    layers.add(LinearLayer.outsideBlocks(name, type, in, out));
  }
}
