package org.viditq.core.model.embedding;

import java.util.Optional;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.layer.LayerLoader;
import org.viditq.core.operators.Activation;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.Operators;

/**
 * adaLN-single: one timestep embedding and one projection of it for all blocks. Chen et al.,
 * "PixArt-α", section 2.3.
 */
public final class AdaLayerNormSingle<V> {
  private final Operators<V> operators;
  private final TimestepEmbedder<V> timestep;
  private final Optional<SizeEmbedder<V>> size;
  private final Linear linear;

  /**
   * @param embedded [B, C], the condition of the output layer
   * @param modulation [B, 6C], the condition of the blocks
   */
  public record Output<V>(V embedded, V modulation) {}

  private AdaLayerNormSingle(
      Operators<V> operators,
      TimestepEmbedder<V> timestep,
      Optional<SizeEmbedder<V>> size,
      Linear linear) {
    this.operators = operators;
    this.timestep = timestep;
    this.size = size;
    this.linear = linear;
  }

  /** diffusers' layout: {@code emb.timestep_embedder} and so on, {@code linear}. */
  public static <V> AdaLayerNormSingle<V> diffusers(
      LayerLoader<V> loader, int channels, boolean sizeConditions) {
    LayerLoader<V> embedders = loader.under("emb.");
    return new AdaLayerNormSingle<>(
        loader.operators(),
        TimestepEmbedder.diffusers(embedders.under("timestep_embedder."), channels, 0),
        sizeConditions
            ? Optional.of(SizeEmbedder.diffusers(embedders, channels))
            : Optional.empty(),
        loader.linear("linear", channels, 6 * channels));
  }

  /** The original PixArt layout: {@code t_embedder} and so on, {@code t_block.1}. */
  public static <V> AdaLayerNormSingle<V> original(
      LayerLoader<V> loader, int channels, boolean sizeConditions) {
    return new AdaLayerNormSingle<>(
        loader.operators(),
        TimestepEmbedder.original(loader.under("t_embedder."), channels),
        sizeConditions ? Optional.of(SizeEmbedder.original(loader, channels)) : Optional.empty(),
        loader.linear("t_block.1", channels, 6 * channels));
  }

  /**
   * @param timesteps [B]
   * @param sizes needed by models with size conditions, ignored by others
   * @throws UsageException if they are needed and absent
   */
  public Output<V> forward(V timesteps, Optional<SizeConditions<V>> sizes) {
    V embedded = timestep.forward(timesteps);
    if (size.isPresent()) {
      SizeConditions<V> given =
          sizes.orElseThrow(
              () ->
                  new UsageException(
                      "This model was trained with size conditions; pass resolution and aspect"
                          + " ratio."));
      embedded = operators.add(embedded, size.get().forward(given));
    }
    V modulation = operators.linear(operators.activate(embedded, Activation.SILU), linear);
    return new Output<>(embedded, modulation);
  }
}
