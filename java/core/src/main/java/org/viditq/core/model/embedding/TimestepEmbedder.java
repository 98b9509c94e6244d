package org.viditq.core.model.embedding;

import org.viditq.core.model.layer.FeedForward;
import org.viditq.core.model.layer.LayerLoader;
import org.viditq.core.operators.Activation;
import org.viditq.core.operators.Operators;

/**
 * Embeds one number per row: 256 sinusoidal channels, linear, SiLU, linear. Used for timesteps and,
 * with other weights, for picture sizes.
 */
public final class TimestepEmbedder<V> {
  /** Sinusoidal channels: inputs of the first layer. */
  public static final int FREQUENCIES = 256;

  private final Operators<V> operators;
  private final FeedForward<V> mlp;
  private final float shift;

  private TimestepEmbedder(Operators<V> operators, FeedForward<V> mlp, float shift) {
    this.operators = operators;
    this.mlp = mlp;
    this.shift = shift;
  }

  /**
   * diffusers' {@code TimestepEmbedding}: {@code linear_1}, {@code linear_2}.
   *
   * @param shift downscale_freq_shift: 0 for PixArt, Latte and HunyuanDiT, 1 for DiT
   */
  public static <V> TimestepEmbedder<V> diffusers(
      LayerLoader<V> loader, int channels, float shift) {
    return of(loader, "linear_1", "linear_2", channels, shift);
  }

  /** The original PixArt and Open-Sora layout: {@code mlp.0}, {@code mlp.2}. */
  public static <V> TimestepEmbedder<V> original(LayerLoader<V> loader, int channels) {
    return of(loader, "mlp.0", "mlp.2", channels, 0);
  }

  private static <V> TimestepEmbedder<V> of(
      LayerLoader<V> loader, String first, String second, int channels, float shift) {
    FeedForward<V> mlp =
        new FeedForward<>(loader, first, second, FREQUENCIES, channels, channels, Activation.SILU);
    return new TimestepEmbedder<>(loader.operators(), mlp, shift);
  }

  /** values [B]; result [B, channels]. */
  public V forward(V values) {
    return mlp.forward(operators.timestepEmbedding(values, FREQUENCIES, true, shift));
  }
}
