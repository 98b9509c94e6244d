package org.viditq.core.tensor;

import java.util.Arrays;
import org.viditq.core.error.ShapeException;

/**
 * A dense float32 array on the Java heap, row-major as in PyTorch.
 *
 * <p>The backing array is shared, never copied: {@link #data()} of a tensor handed to an operator
 * must not be changed afterwards.
 */
public final class Tensor {
  private final Shape shape;
  private final float[] data;

  private Tensor(Shape shape, float[] data) {
    if (data.length != shape.size()) {
      throw new ShapeException(
          "Shape " + shape + " needs " + shape.size() + " values but " + data.length + " came.");
    }
    this.shape = shape;
    this.data = data;
  }

  /** Wraps {@code data} without copying. */
  public static Tensor of(Shape shape, float[] data) {
    return new Tensor(shape, data);
  }

  /** Wraps {@code data} without copying. */
  public static Tensor of(float[] data, int... dims) {
    return new Tensor(Shape.of(dims), data);
  }

  /** A new tensor of zeros. */
  public static Tensor zeros(int... dims) {
    Shape shape = Shape.of(dims);
    return new Tensor(shape, new float[shape.size()]);
  }

  /** A new tensor with {@code value} everywhere. */
  public static Tensor full(float value, int... dims) {
    Tensor tensor = zeros(dims);
    Arrays.fill(tensor.data, value);
    return tensor;
  }

  /** Extents, outermost first. */
  public Shape shape() {
    return shape;
  }

  /** Extent of an axis; negative axes count from the end. */
  public int dim(int axis) {
    return shape.dim(axis);
  }

  /** Number of elements. */
  public int size() {
    return data.length;
  }

  /** The backing array, row-major; shared with this tensor. */
  public float[] data() {
    return data;
  }

  /** Whether no element is NaN or infinite. */
  public boolean isFinite() {
    for (float value : data) {
      if (!Float.isFinite(value)) {
        return false;
      }
    }
    return true;
  }

  /** The same values under another shape of equal size; shares the array. */
  public Tensor reshape(int... dims) {
    return new Tensor(Shape.of(dims), data);
  }

  @Override
  public String toString() {
    return "Tensor" + shape;
  }
}
