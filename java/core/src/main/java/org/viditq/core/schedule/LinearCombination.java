package org.viditq.core.schedule;

import org.viditq.core.tensor.Tensor;

/**
 * Sums of weighted tensors of one shape, accumulated in double precision: what every linear
 * multistep update is.
 */
final class LinearCombination {
  private final Tensor like;
  private final double[] sums;

  private LinearCombination(Tensor like) {
    this.like = like;
    this.sums = new double[like.size()];
  }

  static Tensor of(double weight, Tensor tensor) {
    return start(weight, tensor).toTensor();
  }

  static Tensor of(double weight0, Tensor tensor0, double weight1, Tensor tensor1) {
    return start(weight0, tensor0).add(weight1, tensor1).toTensor();
  }

  static LinearCombination start(double weight, Tensor tensor) {
    return new LinearCombination(tensor).add(weight, tensor);
  }

  /** A weight of 0 leaves the tensor out, whatever it holds. */
  LinearCombination add(double weight, Tensor tensor) {
    if (weight != 0) {
      float[] values = tensor.data();
      for (int i = 0; i < sums.length; i++) {
        sums[i] += weight * values[i];
      }
    }
    return this;
  }

  Tensor toTensor() {
    float[] rounded = new float[sums.length];
    for (int i = 0; i < sums.length; i++) {
      rounded[i] = (float) sums[i];
    }
    return Tensor.of(like.shape(), rounded);
  }
}
