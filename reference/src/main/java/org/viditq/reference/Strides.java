package org.viditq.reference;

import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/** Walks a tensor with any step per axis of the result. */
final class Strides {
  private Strides() {}

  /** Elements between neighbours along each axis. */
  static int[] rowMajor(Shape shape) {
    int[] strides = new int[shape.rank()];
    int stride = 1;
    for (int axis = shape.rank() - 1; axis >= 0; axis--) {
      strides[axis] = stride;
      stride *= shape.dim(axis);
    }
    return strides;
  }

  /** The tensor whose element (i0, i1, ...) is element Σ i_a stepOf[a] of x. */
  static Tensor gather(Tensor x, Shape shape, int[] stepOf) {
    float[] out = new float[shape.size()];
    if (shape.rank() == 0) {
      out[0] = x.data()[0];
      return Tensor.of(shape, out);
    }
    int last = shape.rank() - 1;
    int extent = shape.dim(last);
    int[] index = new int[shape.rank()];
    int source = 0;
    for (int start = 0; start < out.length; start += extent) {
      for (int i = 0; i < extent; i++) {
        out[start + i] = x.data()[source + i * stepOf[last]];
      }
      for (int axis = last - 1; axis >= 0; axis--) {
        source += stepOf[axis];
        if (++index[axis] < shape.dim(axis)) {
          break;
        }
        source -= index[axis] * stepOf[axis];
        index[axis] = 0;
      }
    }
    return Tensor.of(shape, out);
  }
}
