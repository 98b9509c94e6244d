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
 */
public record DenseLinearParameters(String name, StoredTensor weight, Optional<Tensor> bias)
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

  @Override
  public int inFeatures() {
    return weight.shape().dim(1);
  }

  @Override
  public int outFeatures() {
    return weight.shape().dim(0);
  }
}
