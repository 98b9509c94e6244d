package org.viditq.core.model.hunyuan;

import static org.viditq.core.model.LinearLayer.Type.CROSS_ATTENTION;
import static org.viditq.core.model.LinearLayer.Type.EMBEDDING;
import static org.viditq.core.model.LinearLayer.Type.FEED_FORWARD;
import static org.viditq.core.model.LinearLayer.Type.MODULATION;
import static org.viditq.core.model.LinearLayer.Type.OUTPUT;
import static org.viditq.core.model.LinearLayer.Type.SELF_ATTENTION;
import static org.viditq.core.model.LinearLayer.Type.SKIP;
import static org.viditq.core.model.LinearLayer.Type.TEXT_PROJECTION;

import java.util.ArrayList;
import java.util.List;
import org.viditq.core.model.LinearLayer;
import org.viditq.core.model.LinearLayer.Type;
import org.viditq.core.model.embedding.TimestepEmbedder;

/**
 * The linear layers of HunyuanDiT. ViDiT-Q's code does not have the model; the authors' names count
 * as the published ones, so that its lists of full-precision layers ({@code t_embedder}, {@code
 * final_layer}) mean the same here.
 */
final class HunyuanLayers {
  /** Weighted parts that are no linear layers: a convolution, a table. */
  static final List<String> OTHER_PARTS =
      List.of(
          "pos_embed.proj", "x_embedder.proj", "time_extra_emb.style_embedder", "style_embedder");

  private final HunyuanConfig config;
  private final boolean original;
  private final List<LinearLayer> layers = new ArrayList<>();

  private HunyuanLayers(HunyuanConfig config) {
    this.config = config;
    this.original = config.layout() == HunyuanLayout.ORIGINAL;
  }

  static List<LinearLayer> of(HunyuanConfig config) {
    HunyuanLayers all = new HunyuanLayers(config);
    all.addEmbeddings();
    for (int i = 0; i < config.layers(); i++) {
      all.addBlock(i);
    }
    all.addOutput();
    return List.copyOf(all.layers);
  }

  private void addEmbeddings() {
    int c = config.channels();
    int text = config.text2Features();
    String time = "time_extra_emb.";
    String step = time + "timestep_embedder.linear_";
    outside(step + 1, "t_embedder.mlp.0", EMBEDDING, TimestepEmbedder.FREQUENCIES, c);
    outside(step + 2, "t_embedder.mlp.2", EMBEDDING, c, c);
    for (String name : List.of("q_proj", "k_proj", "v_proj")) {
      outside(time + "pooler." + name, "pooler." + name, EMBEDDING, text, text);
    }
    outside(time + "pooler.c_proj", "pooler.c_proj", EMBEDDING, text, config.pooledFeatures());
    int extra = HunyuanConditions.extraFeatures(config);
    String embedder = time + "extra_embedder.linear_";
    outside(embedder + 1, "extra_embedder.0", EMBEDDING, extra, 4 * c);
    outside(embedder + 2, "extra_embedder.2", EMBEDDING, 4 * c, c);
    outside("text_embedder.linear_1", "mlp_t5.0", TEXT_PROJECTION, text, 4 * text);
    outside("text_embedder.linear_2", "mlp_t5.2", TEXT_PROJECTION, 4 * text, config.textFeatures());
  }

  private void addBlock(int index) {
    int c = config.channels();
    int text = config.textFeatures();
    String block = "blocks." + index + ".";
    if (config.joinsSkip(index)) {
      inBlock(block, "skip_linear", "skip_linear", SKIP, 2 * c, c);
    }
    inBlock(block, "norm1.linear", "default_modulation.1", MODULATION, c, c);
    if (original) {
      inBlock(block, "", "attn1.Wqkv", SELF_ATTENTION, c, 3 * c);
    } else {
      for (String name : List.of("q", "k", "v")) {
        inBlock(block, "attn1.to_" + name, "attn1.Wqkv", SELF_ATTENTION, c, c);
      }
    }
    inBlock(block, "attn1.to_out.0", "attn1.out_proj", SELF_ATTENTION, c, c);
    inBlock(block, "attn2.to_q", "attn2.q_proj", CROSS_ATTENTION, c, c);
    if (original) {
      inBlock(block, "", "attn2.kv_proj", CROSS_ATTENTION, text, 2 * c);
    } else {
      for (String name : List.of("k", "v")) {
        inBlock(block, "attn2.to_" + name, "attn2.kv_proj", CROSS_ATTENTION, text, c);
      }
    }
    inBlock(block, "attn2.to_out.0", "attn2.out_proj", CROSS_ATTENTION, c, c);
    inBlock(block, "ff.net.0.proj", "mlp.fc1", FEED_FORWARD, c, config.mlpHidden());
    inBlock(block, "ff.net.2", "mlp.fc2", FEED_FORWARD, config.mlpHidden(), c);
  }

  private void addOutput() {
    int c = config.channels();
    outside("norm_out.linear", "final_layer.adaLN_modulation.1", MODULATION, c, 2 * c);
    outside("proj_out", "final_layer.linear", OUTPUT, c, config.outputFeatures());
  }

  private void inBlock(String block, String diffusers, String authors, Type type, int in, int out) {
    layers.add(
        original
            ? LinearLayer.inBlock(block + authors, type, in, out)
            : LinearLayer.inBlock(
                block + diffusers, type, in, out, published(block + diffusers, block + authors)));
  }

  private void outside(String diffusers, String authors, Type type, int in, int out) {
    layers.add(
        original
            ? LinearLayer.outsideBlocks(authors, type, in, out)
            : LinearLayer.outsideBlocks(diffusers, type, in, out, published(diffusers, authors)));
  }

  private static String[] published(String name, String authors) {
    return name.equals(authors) ? new String[0] : new String[] {authors};
  }
}
