package org.viditq.core.model.embedding;

import java.util.List;
import org.viditq.core.error.ShapeException;
import org.viditq.core.model.layer.LayerLoader;
import org.viditq.core.operators.Operators;

/**
 * Embeds {@link SizeConditions}: height and width with one embedder, the aspect ratio with another,
 * each into a third of the channels.
 */
public final class SizeEmbedder<V> {
  private final Operators<V> operators;
  private final TimestepEmbedder<V> resolution;
  private final TimestepEmbedder<V> aspectRatio;

  private SizeEmbedder(
      Operators<V> operators, TimestepEmbedder<V> resolution, TimestepEmbedder<V> aspectRatio) {
    this.operators = operators;
    this.resolution = resolution;
    this.aspectRatio = aspectRatio;
  }

  /** diffusers' layout: {@code resolution_embedder}, {@code aspect_ratio_embedder}. */
  public static <V> SizeEmbedder<V> diffusers(LayerLoader<V> loader, int channels) {
    int third = third(channels);
    return new SizeEmbedder<>(
        loader.operators(),
        TimestepEmbedder.diffusers(loader.under("resolution_embedder."), third, 0),
        TimestepEmbedder.diffusers(loader.under("aspect_ratio_embedder."), third, 0));
  }

  /** The original PixArt layout: {@code csize_embedder}, {@code ar_embedder}. */
  public static <V> SizeEmbedder<V> original(LayerLoader<V> loader, int channels) {
    int third = third(channels);
    return new SizeEmbedder<>(
        loader.operators(),
        TimestepEmbedder.original(loader.under("csize_embedder."), third),
        TimestepEmbedder.original(loader.under("ar_embedder."), third));
  }

  /** Result [B, channels]: height | width | aspect ratio. */
  public V forward(SizeConditions<V> sizes) {
    int batch = operators.shape(sizes.resolution()).dim(0);
    V heightsAndWidths = resolution.forward(operators.reshape(sizes.resolution(), 2 * batch));
    int third = operators.shape(heightsAndWidths).dim(1);
    V perSample = operators.reshape(heightsAndWidths, batch, 2 * third);
    V ratios = aspectRatio.forward(operators.reshape(sizes.aspectRatio(), batch));
    return operators.concat(List.of(perSample, ratios), 1);
  }

  private static int third(int channels) {
    if (channels % 3 != 0) {
      throw new ShapeException(
          "Size conditions need a channel count divisible by 3, not " + channels + ".");
    }
    return channels / 3;
  }
}
