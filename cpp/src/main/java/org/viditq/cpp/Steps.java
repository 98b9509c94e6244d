package org.viditq.cpp;

import java.util.Arrays;
import org.viditq.core.tensor.Shape;

/** Values between neighbours along each axis, as the C interface takes them. */
final class Steps {
  private Steps() {}

  static long[] dims(Shape shape) {
    return Arrays.stream(shape.toArray()).asLongStream().toArray();
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
