package org.viditq.cpp;

import org.viditq.core.tensor.Shape;
import org.viditq.cpp.bridge.Bridge;
import org.viditq.cpp.bridge.viditq_shape;
import org.viditq.cpp.bridge.viditq_strided;

/** Values between neighbours along each axis, as the C interface takes them. */
final class Steps {
  private Steps() {}

  /** A shape as a call takes it: written to {@code result}, which is returned. */
  static viditq_shape shape(viditq_shape result, Shape shape) {
    for (int axis = 0; axis < Math.min(shape.rank(), Bridge.VIDITQ_MAX_RANK); axis++) {
      result.dims(axis, shape.dim(axis));
    }
    return result.rank(shape.rank()); // a larger rank than there is room for is refused there
  }

  /** An operand as a call takes it: written to {@code result}, which is returned. */
  static viditq_strided strided(viditq_strided result, NativeTensor x, long[] steps) {
    for (int axis = 0; axis < Math.min(steps.length, Bridge.VIDITQ_MAX_RANK); axis++) {
      result.steps(axis, steps[axis]);
    }
    return result.values(x.data()).count(x.shape().size());
  }

  static long[] rowMajor(Shape shape) {
    long[] steps = new long[shape.rank()];
    long step = 1;
    for (int axis = shape.rank() - 1; axis >= 0; axis--) {
      steps[axis] = step;
      step *= shape.dim(axis);
    }
    return steps;
  }

  /** For walking {@code x} along the axes of {@code shape}, which it broadcasts to. */
  static long[] broadcast(Shape x, Shape shape) {
    long[] own = rowMajor(x);
    long[] steps = new long[shape.rank()];
    int missing = shape.rank() - x.rank();
    for (int axis = 0; axis < x.rank(); axis++) {
      steps[axis + missing] = x.dim(axis) == 1 ? 0 : own[axis];
    }
    return steps;
  }
}
