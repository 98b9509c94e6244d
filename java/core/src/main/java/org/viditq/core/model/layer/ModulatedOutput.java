package org.viditq.core.model.layer;

import java.util.function.UnaryOperator;
import org.viditq.core.operators.Activation;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.LinearInput;
import org.viditq.core.operators.Operators;

/**
 * The last layer of a transformer whose norms are modulated: LayerNorm, shift and scale made from
 * the condition, linear. Its features are those of the patches.
 */
public final class ModulatedOutput<V> {
  private static final float EPS = 1e-6f;

  private final Operators<V> operators;
  private final UnaryOperator<V> modulation;
  private final Linear output;

  /**
   * @param modulation from the condition to shift and scale, [B, 2, C]
   */
  private ModulatedOutput(Operators<V> operators, UnaryOperator<V> modulation, Linear output) {
    this.operators = operators;
    this.modulation = modulation;
    this.output = output;
  }

  /**
   * adaLN-zero: shift and scale are {@code modulation(silu(c))}. Peebles and Xie, "Scalable
   * Diffusion Models with Transformers".
   *
   * @param modulation name of a linear layer
   * @param output name of the last layer
   * @param features what it gives per token
   */
  public static <V> ModulatedOutput<V> projected(
      LayerLoader<V> loader, String modulation, String output, int channels, int features) {
    Operators<V> operators = loader.operators();
    Linear projection = loader.linear(modulation, channels, 2 * channels);
    return new ModulatedOutput<>(
        operators,
        condition -> {
          int batch = operators.shape(condition).dim(0);
          V activated = operators.activate(condition, Activation.SILU);
          return operators.reshape(
              operators.linear(operators.reshape(activated, batch, 1, channels), projection),
              batch,
              2,
              channels);
        },
        loader.linear(output, channels, features));
  }

  /**
   * adaLN-single: shift and scale are {@code table} + c, c the embedded timestep. Chen et al.,
   * "PixArt-α".
   *
   * @param table name of a tensor [2, C]
   */
  public static <V> ModulatedOutput<V> single(
      LayerLoader<V> loader, String table, String output, int channels, int features) {
    Operators<V> operators = loader.operators();
    V learned = loader.constant(table, 2, channels);
    return new ModulatedOutput<>(
        operators,
        condition -> {
          int batch = operators.shape(condition).dim(0);
          return operators.add(
              operators.reshape(learned, 1, 2, channels),
              operators.reshape(condition, batch, 1, channels));
        },
        loader.linear(output, channels, features));
  }

  /**
   * @param x [B, N, C]
   * @param condition [B, C]
   * @return [B, N, features]
   */
  public V forward(V x, V condition) {
    V both = modulation.apply(condition);
    V shift = operators.slice(both, 1, 0, 1);
    V scale = operators.slice(both, 1, 1, 2);
    return operators.linear(LinearInput.modulated(x, shift, scale, EPS), output, Epilogue.none());
  }
}
