package org.viditq.core.operators;

import java.util.Optional;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Tensor;

/**
 * A full-precision linear layer.
 *
 * @param name qualified layer name
 * @param weight [out, in], any floating-point type
 * @param bias [out]
 * @param compact whether memory matters more than speed: a backend may then keep the weight as it
 *     is stored and convert it in every call; results do not depend on it beyond rounding
 */
public record DenseLinearParameters(
    String name, StoredTensor weight, Optional<Tensor> bias, boolean compact)
    implements LinearParameters {
  public DenseLinearParameters {
    if (weight.shape().rank() != 2) {
      throw new ShapeException(
          "Weight of linear layer " + name + " has shape " + weight.shape() + ", not [out, in].");
    }
    if (bias.isPresent() && bias.get().size() != weight.shape().dim(0)) {
      throw new ShapeException(
          "Bias of linear layer "
              + name
              + " has "
              + bias.get().size()
              + " values for "
              + weight.shape().dim(0)
              + " output channels.");
    }
  }

  /** A layer to be computed as fast as possible. */
  public DenseLinearParameters(String name, StoredTensor weight, Optional<Tensor> bias) {
    this(name, weight, bias, false);
  }

  /** The same layer, compact. */
  public DenseLinearParameters smaller() {
    return new DenseLinearParameters(name, weight, bias, true);
  }

  @Override
  public int inFeatures() {
    return weight.shape().dim(1);
  }

  @Override
  public int outFeatures() {
    return weight.shape().dim(0);
  }
}
