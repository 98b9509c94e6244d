package org.viditq.core.model.embedding;

import org.viditq.core.model.layer.LayerLoader;
import org.viditq.core.operators.Convolution;
import org.viditq.core.operators.Operators;

/** Cuts pictures or videos into patches and projects each to a token ({@code proj}). */
public final class PatchEmbedding<V> {
  private final Operators<V> operators;
  private final Convolution projection;

  /**
   * @param patch extents of a patch along (time,) height and width
   */
  public PatchEmbedding(LayerLoader<V> loader, int inChannels, int channels, int... patch) {
    this.operators = loader.operators();
    int[] none = new int[patch.length];
    this.projection =
        loader.convolution("proj", inChannels, channels, patch, patch.clone(), none, none);
  }

  /** x [B, Cin, (T,) H, W]; result [B, tokens, channels] in (t,) h, w order. */
  public V forward(V x) {
    return operators.patchEmbedding(x, projection);
  }
}
