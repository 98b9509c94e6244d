package org.viditq.reference;

import org.viditq.core.operators.ResultShapes;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/** Pointwise operators of two tensors under NumPy's broadcasting rules. */
final class Broadcasting {
  private Broadcasting() {}

  @FunctionalInterface
  interface FloatOperator {
    float apply(float a, float b);
  }

  static Tensor combine(String operator, Tensor a, Tensor b, FloatOperator f) {
    Shape shape = ResultShapes.together(operator, a.shape(), b.shape());
    Tensor left = to(a, shape);
    Tensor right = to(b, shape);
    float[] out = new float[shape.size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = f.apply(left.data()[i], right.data()[i]);
    }
    return Tensor.of(shape, out);
  }

  /**
   * {@code x} repeated to {@code shape}, to which it broadcasts; {@code x} itself if it has that
   * shape.
   */
  static Tensor to(Tensor x, Shape shape) {
    int rank = shape.rank();
    int missing = rank - x.shape().rank();
    if (x.shape().equals(shape)) {
      return x;
    }
    int[] strides = Strides.rowMajor(x.shape());
    int[] stepOf = new int[rank];
    for (int axis = missing; axis < rank; axis++) {
      int extent = x.dim(axis - missing);
      stepOf[axis] = extent == 1 ? 0 : strides[axis - missing];
    }
    return Strides.gather(x, shape, stepOf);
  }
}
