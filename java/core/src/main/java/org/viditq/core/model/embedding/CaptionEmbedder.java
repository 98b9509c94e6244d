package org.viditq.core.model.embedding;

import java.util.ArrayList;
import java.util.List;
import org.viditq.core.error.ShapeException;
import org.viditq.core.model.layer.FeedForward;
import org.viditq.core.model.layer.LayerLoader;
import org.viditq.core.operators.Operators;

/**
 * Open-Sora's caption projection with a learned null caption ({@code y_embedding}) that replaces
 * dropped ones, for classifier-free guidance.
 */
public final class CaptionEmbedder<V> {
  private final Operators<V> operators;
  private final V nullCaption;
  private final FeedForward<V> projection;

  public CaptionEmbedder(LayerLoader<V> loader, int tokens, int textChannels, int channels) {
    this.operators = loader.operators();
    this.nullCaption = loader.constant("y_embedding", tokens, textChannels);
    this.projection = CaptionProjection.original(loader, textChannels, channels);
  }

  /** caption [B, .., tokens, text channels]; result [B, .., tokens, channels]. */
  public V forward(V caption) {
    return projection.forward(caption);
  }

  /**
   * As {@link #forward(Object)}, with the null caption in place of dropped samples.
   *
   * @param caption [B, 1, tokens, text channels]
   * @param dropped one flag per sample
   */
  public V forward(V caption, boolean[] dropped) {
    int[] dims = operators.shape(caption).toArray();
    if (dims.length == 0 || dims[0] != dropped.length) {
      throw new ShapeException(
          dropped.length + " drop flags do not fit captions of shape " + operators.shape(caption));
    }
    dims[0] = 1;
    V replacement = operators.reshape(nullCaption, dims);
    List<V> samples = new ArrayList<>();
    for (int i = 0; i < dropped.length; i++) {
      samples.add(dropped[i] ? replacement : operators.slice(caption, 0, i, i + 1));
    }
    return projection.forward(operators.concat(samples, 0));
  }
}
