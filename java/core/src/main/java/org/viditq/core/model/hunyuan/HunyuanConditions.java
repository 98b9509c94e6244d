package org.viditq.core.model.hunyuan;

import java.util.List;
import java.util.Optional;
import org.viditq.core.model.DenoiserValues;
import org.viditq.core.model.InputNames;
import org.viditq.core.model.embedding.TimestepEmbedder;
import org.viditq.core.model.layer.FeedForward;
import org.viditq.core.model.layer.LayerLoader;
import org.viditq.core.operators.Activation;
import org.viditq.core.operators.Operators;

/**
 * Embeds what all tokens are modulated by: the timestep and, projected together, the pooled mT5
 * encoding and up to version 1.1 the picture's sizes and style.
 */
final class HunyuanConditions<V> {
  /** Numbers in {@link InputNames#IMAGE_SIZES}. */
  static final int SIZES = 6;

  private final Operators<V> operators;
  private final TimestepEmbedder<V> timestep;
  private final AttentionPool<V> pool;
  private final Optional<V> styles;
  private final FeedForward<V> extra;

  HunyuanConditions(LayerLoader<V> loader, HunyuanConfig config) {
    boolean original = config.layout() == HunyuanLayout.ORIGINAL;
    LayerLoader<V> parts = original ? loader : loader.under("time_extra_emb.");
    int channels = config.channels();
    this.operators = loader.operators();
    this.timestep =
        original
            ? TimestepEmbedder.original(parts.under("t_embedder."), channels)
            : TimestepEmbedder.diffusers(parts.under("timestep_embedder."), channels, 0);
    this.pool = new AttentionPool<>(parts.under("pooler."), config);
    this.styles =
        config.sizeConditions()
            ? Optional.of(parts.constant("style_embedder.weight", config.styles(), channels))
            : Optional.empty();
    this.extra =
        new FeedForward<>(
            parts.under("extra_embedder."),
            original ? "0" : "linear_1",
            original ? "2" : "linear_2",
            extraFeatures(config),
            4 * channels,
            channels,
            Activation.SILU);
  }

  /** Features that are projected together. */
  static int extraFeatures(HunyuanConfig config) {
    return config.sizeConditions()
        ? config.pooledFeatures() + SIZES * TimestepEmbedder.FREQUENCIES + config.channels()
        : config.pooledFeatures();
  }

  /**
   * @param text2 [B, tokens, features], the encoding by mT5
   * @param inputs timesteps, and up to version 1.1 sizes and style
   * @return [B, C]
   */
  V forward(V text2, DenoiserValues<V> inputs) {
    V embedded = timestep.forward(inputs.get(InputNames.TIMESTEPS));
    V pooled = pool.forward(text2);
    V all = styles.isPresent() ? besideSizes(pooled, styles.get(), inputs) : pooled;
    return operators.add(embedded, extra.forward(all));
  }

  private V besideSizes(V pooled, V styles, DenoiserValues<V> inputs) {
    int batch = operators.shape(pooled).dim(0);
    int frequencies = TimestepEmbedder.FREQUENCIES;
    V sizes = operators.reshape(inputs.get(InputNames.IMAGE_SIZES), batch * SIZES);
    V embedded = operators.timestepEmbedding(sizes, frequencies, true, 0);
    return operators.concat(
        List.of(
            pooled,
            operators.reshape(embedded, batch, SIZES * frequencies),
            operators.embeddingOf(styles, inputs.get(InputNames.STYLE))),
        1);
  }
}
