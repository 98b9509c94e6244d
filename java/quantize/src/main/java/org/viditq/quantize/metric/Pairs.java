package org.viditq.quantize.metric;

import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Tensor;

/** Checks of the two tensors a metric compares. */
final class Pairs {
  private Pairs() {}

  static void requireSameShape(String metric, Tensor reference, Tensor test) {
    if (!reference.shape().equals(test.shape())) {
      throw new ShapeException(
          metric
              + ": the reference "
              + reference.shape()
              + " and the tensor under test "
              + test.shape()
              + " differ in shape.");
    }
    requireValues(metric, reference);
  }

  static void requireValues(String metric, Tensor tensor) {
    if (tensor.size() == 0) {
      throw new ShapeException(metric + ": a tensor " + tensor.shape() + " has no values.");
    }
  }

  static void requireDataRange(String metric, double dataRange) {
    if (!(dataRange > 0)) {
      throw new IllegalArgumentException(
          metric + ": the data range is " + dataRange + ", but must be positive.");
    }
  }
}
