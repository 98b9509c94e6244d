package org.viditq.core.model.layer;

import org.viditq.core.operators.Activation;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.LinearInput;
import org.viditq.core.operators.Operators;

/**
 * LayerNorm modulated by a projected condition: {@code linear}(silu(c)) is scale, then shift (the
 * other way round than in adaLN tables and in the authors' checkpoints). HunyuanDiT's output norm.
 */
public final class AdaLayerNormContinuous<V> {
  private final Operators<V> operators;
  private final Linear linear;
  private final boolean scaleFirst;
  private final int channels;
  private final float eps;

  public AdaLayerNormContinuous(
      LayerLoader<V> loader, int conditionChannels, int channels, float eps) {
    this(loader, "linear", true, conditionChannels, channels, eps);
  }

  private AdaLayerNormContinuous(
      LayerLoader<V> loader,
      String name,
      boolean scaleFirst,
      int conditionChannels,
      int channels,
      float eps) {
    this.operators = loader.operators();
    this.linear = loader.linear(name, conditionChannels, 2 * channels);
    this.scaleFirst = scaleFirst;
    this.channels = channels;
    this.eps = eps;
  }

  /**
   * The output norm of the authors' layouts: {@code adaLN_modulation.1} gives shift, then scale.
   */
  public static <V> AdaLayerNormContinuous<V> original(
      LayerLoader<V> loader, int conditionChannels, int channels, float eps) {
    return new AdaLayerNormContinuous<>(
        loader, "adaLN_modulation.1", false, conditionChannels, channels, eps);
  }

  /**
   * @param x [B, N, C]
   * @param condition [B, condition channels]
   */
  public V forward(V x, V condition) {
    return input(x, condition).value(operators);
  }

  /** As {@link #forward}, for the layer behind it. */
  public LinearInput<V> input(V x, V condition) {
    int batch = operators.shape(condition).dim(0);
    V projected = operators.linear(operators.activate(condition, Activation.SILU), linear);
    V both = operators.reshape(projected, batch, 2, channels);
    V first = operators.slice(both, 1, 0, 1);
    V second = operators.slice(both, 1, 1, 2);
    return scaleFirst
        ? LinearInput.modulated(x, second, first, eps)
        : LinearInput.modulated(x, first, second, eps);
  }
}
