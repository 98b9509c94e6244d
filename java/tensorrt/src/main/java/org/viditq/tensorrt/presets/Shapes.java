package org.viditq.tensorrt.presets;

import org.bytedeco.tensorrt.nvinfer.Dims64;
import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Shape;

/** Extents as TensorRT writes them. */
public final class Shapes {
  private Shapes() {}

  /**
   * @return the caller closes it
   * @throws ShapeException if it has more axes than TensorRT takes
   */
  public static Dims64 dims(Shape shape) {
    if (shape.rank() > Dims64.MAX_DIMS) {
      throw new ShapeException(
          "TensorRT takes " + Dims64.MAX_DIMS + " axes at most, but a tensor is " + shape + ".");
    }
    Dims64 dims = new Dims64();
    dims.nbDims(shape.rank());
    for (int axis = 0; axis < shape.rank(); axis++) {
      dims.d(axis, shape.dim(axis));
    }
    return dims;
  }

  /**
   * @param what tensor it is, for messages
   * @throws ShapeException if an extent is unknown or too large
   */
  static Shape of(Dims64 dims, String what) {
    int[] extents = new int[Math.max(0, dims.nbDims())];
    boolean known = dims.nbDims() >= 0;
    for (int axis = 0; axis < extents.length; axis++) {
      known &= dims.d(axis) >= 0 && dims.d(axis) <= Integer.MAX_VALUE;
      extents[axis] = (int) dims.d(axis);
    }
    if (!known) {
      throw new ShapeException("TensorRT does not know the extents of " + what + ".");
    }
    return Shape.of(extents);
  }
}
