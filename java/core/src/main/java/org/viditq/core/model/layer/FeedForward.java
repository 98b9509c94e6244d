package org.viditq.core.model.layer;

import org.viditq.core.operators.Activation;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.LinearInput;
import org.viditq.core.operators.Operators;

/**
 * Two linear layers with an activation between them: second(act(first x)). The MLP of transformer
 * blocks, the caption projection and the timestep embedding are all of this form.
 */
public final class FeedForward<V> {
  private final Operators<V> operators;
  private final Linear first;
  private final Linear second;
  private final Activation activation;

  /**
   * @param first name of the first layer, relative to the loader
   * @param second name of the second layer
   */
  public FeedForward(
      LayerLoader<V> loader,
      String first,
      String second,
      int inFeatures,
      int hiddenFeatures,
      int outFeatures,
      Activation activation) {
    this.operators = loader.operators();
    this.first = loader.linear(first, inFeatures, hiddenFeatures);
    this.second = loader.linear(second, hiddenFeatures, outFeatures);
    this.activation = activation;
  }

  /** The MLP of a diffusers block: {@code net.0.proj}, GELU-tanh, {@code net.2}. */
  public static <V> FeedForward<V> diffusers(LayerLoader<V> loader, int channels, int hidden) {
    return new FeedForward<>(
        loader, "net.0.proj", "net.2", channels, hidden, channels, Activation.GELU_TANH);
  }

  /** The MLP of an Open-Sora or original PixArt block: {@code fc1}, GELU-tanh, {@code fc2}. */
  public static <V> FeedForward<V> original(LayerLoader<V> loader, int channels, int hidden) {
    return new FeedForward<>(
        loader, "fc1", "fc2", channels, hidden, channels, Activation.GELU_TANH);
  }

  /** x [.., inFeatures]; result [.., outFeatures]. */
  public V forward(V x) {
    return forward(LinearInput.of(x), Epilogue.none());
  }

  /** As {@link #forward(Object)}, with the epilogue applied to the second layer's result. */
  public V forward(LinearInput<V> x, Epilogue<V> epilogue) {
    return operators.feedForward(x, first, activation, second, epilogue);
  }
}
