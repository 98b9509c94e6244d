package org.viditq.core.model.layer;

import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.model.Parameters;
import org.viditq.core.operators.Convolution;
import org.viditq.core.operators.ConvolutionParameters;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.LinearParameters;
import org.viditq.core.operators.Operators;

/**
 * Takes a model's layers from its parameters and prepares them on a backend. Names are relative to
 * the parameters.
 *
 * <p>All methods throw {@link InvalidCheckpointException} naming the tensor if it is missing or
 * misshaped.
 */
public final class LayerLoader<V> {
  private final Operators<V> operators;
  private final Parameters parameters;

  public LayerLoader(Operators<V> operators, Parameters parameters) {
    this.operators = operators;
    this.parameters = parameters;
  }

  /** The backend that the layers are prepared on. */
  public Operators<V> operators() {
    return operators;
  }

  public Parameters parameters() {
    return parameters;
  }

  /** A loader for the layers below {@code prefix} (which includes its trailing dot). */
  public LayerLoader<V> under(String prefix) {
    return new LayerLoader<>(operators, parameters.under(prefix));
  }

  /** A linear layer that must have a bias. */
  public Linear linear(String name, int inFeatures, int outFeatures) {
    LinearParameters layer = parameters.linear(name, inFeatures, outFeatures);
    requireBias(layer.bias().isPresent(), layer.name());
    return operators.prepare(layer);
  }

  /** A linear layer with a bias if the parameters have one. */
  public Linear linearOptionalBias(String name, int inFeatures, int outFeatures) {
    return operators.prepare(parameters.linear(name, inFeatures, outFeatures));
  }

  /**
   * A convolution that must have a bias.
   *
   * @param kernel per spatial axis, as are the following
   */
  public Convolution convolution(
      String name,
      int inChannels,
      int outChannels,
      int[] kernel,
      int[] stride,
      int[] padBefore,
      int[] padAfter) {
    ConvolutionParameters layer =
        parameters.convolution(name, inChannels, outChannels, kernel, stride, padBefore, padAfter);
    requireBias(layer.bias().isPresent(), layer.name());
    return operators.prepare(layer);
  }

  /** A small tensor: a table or the weight of a norm. */
  public V constant(String name, int... shape) {
    return operators.constant(parameters.tensor(name, shape));
  }

  private static void requireBias(boolean present, String layer) {
    if (!present) {
      throw new InvalidCheckpointException(
          "Tensor " + layer + ".bias is missing from the checkpoint.");
    }
  }
}
