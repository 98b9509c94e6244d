package org.viditq.core.model.embedding;

import org.viditq.core.model.layer.FeedForward;
import org.viditq.core.model.layer.LayerLoader;
import org.viditq.core.operators.Activation;

/** Projects text encodings to a transformer's channels: linear, activation, linear. */
public final class CaptionProjection {
  private CaptionProjection() {}

  /**
   * diffusers' layout, {@code linear_1} and {@code linear_2}, as wide inside as outside.
   *
   * @param activation GELU-tanh for PixArt and Latte
   */
  public static <V> FeedForward<V> diffusers(
      LayerLoader<V> loader, int textChannels, int channels, Activation activation) {
    return diffusers(loader, textChannels, channels, channels, activation);
  }

  /**
   * diffusers' layout, {@code linear_1} and {@code linear_2}, where the widths differ.
   *
   * @param hidden channels between the two layers
   * @param channels of the result
   * @param activation SiLU for HunyuanDiT, whose hidden width is four times that of its text
   */
  public static <V> FeedForward<V> diffusers(
      LayerLoader<V> loader, int textChannels, int hidden, int channels, Activation activation) {
    return new FeedForward<>(
        loader, "linear_1", "linear_2", textChannels, hidden, channels, activation);
  }

  /**
   * The original PixArt and Open-Sora layout: {@code y_proj.fc1}, GELU-tanh, {@code y_proj.fc2}.
   */
  public static <V> FeedForward<V> original(LayerLoader<V> loader, int textChannels, int channels) {
    return new FeedForward<>(
        loader, "y_proj.fc1", "y_proj.fc2", textChannels, channels, channels, Activation.GELU_TANH);
  }
}
