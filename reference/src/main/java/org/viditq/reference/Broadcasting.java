package org.viditq.reference;

import static org.viditq.reference.Operands.require;

import java.util.Arrays;
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
    Shape shape = commonShape(operator, a.shape(), b.shape());
    Tensor left = to(operator, a, shape);
    Tensor right = to(operator, b, shape);
    float[] out = new float[shape.size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = f.apply(left.data()[i], right.data()[i]);
    }
    return Tensor.of(shape, out);
  }

  /** {@code x} repeated to {@code shape}; {@code x} itself if it has that shape. */
  static Tensor to(String operator, Tensor x, Shape shape) {
    int rank = shape.rank();
    int missing = rank - x.shape().rank();
    require(missing >= 0, operator, "a shape that broadcasts to " + shape, x.shape());
    if (x.shape().equals(shape)) {
      return x;
    }
    int[] strides = Strides.rowMajor(x.shape());
    int[] stepOf = new int[rank];
    for (int axis = missing; axis < rank; axis++) {
      int extent = x.dim(axis - missing);
      require(
          extent == 1 || extent == shape.dim(axis),
          operator,
          "a shape that broadcasts to " + shape,
          x.shape());
      stepOf[axis] = extent == 1 ? 0 : strides[axis - missing];
    }
    return Strides.gather(x, shape, stepOf);
  }

  private static Shape commonShape(String operator, Shape a, Shape b) {
    int rank = Math.max(a.rank(), b.rank());
    int[] dims = new int[rank];
    Arrays.fill(dims, 1);
    for (int fromEnd = 1; fromEnd <= rank; fromEnd++) {
      int da = fromEnd <= a.rank() ? a.dim(-fromEnd) : 1;
      int db = fromEnd <= b.rank() ? b.dim(-fromEnd) : 1;
      require(da == db || da == 1 || db == 1, operator, "shapes that broadcast together", a, b);
      dims[rank - fromEnd] = da == 1 ? db : da;
    }
    return Shape.of(dims);
  }
}
