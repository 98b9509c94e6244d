package org.viditq.core.model.layer;

import org.viditq.core.operators.Activation;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.Operators;

/**
 * LayerNorm modulated by a projected condition: {@code linear}(silu(c)) is scale, then shift (the
 * other way round than in adaLN tables). HunyuanDiT's output norm.
 */
public final class AdaLayerNormContinuous<V> {
  private final Operators<V> operators;
  private final Linear linear;
  private final int channels;
  private final float eps;

  public AdaLayerNormContinuous(
      LayerLoader<V> loader, int conditionChannels, int channels, float eps) {
    this.operators = loader.operators();
    this.linear = loader.linear("linear", conditionChannels, 2 * channels);
    this.channels = channels;
    this.eps = eps;
  }

  /**
   * @param x [B, N, C]
   * @param condition [B, condition channels]
   */
  public V forward(V x, V condition) {
    int batch = operators.shape(condition).dim(0);
    V projected = operators.linear(operators.activate(condition, Activation.SILU), linear);
    V both = operators.reshape(projected, batch, 2, channels);
    V scale = operators.slice(both, 1, 0, 1);
    V shift = operators.slice(both, 1, 1, 2);
    return operators.layerNormModulate(x, shift, scale, eps);
  }
}
