package org.viditq.core.tensor;

import java.util.Arrays;
import org.viditq.core.error.Printable;
import org.viditq.core.error.ShapeException;

/** Immutable extents of a dense row-major array; rank 0 is a scalar, extents may be 0. */
public final class Shape {
  private final int[] dims;
  private final int size;

  private Shape(int[] dims) {
    long elements = 1;
    for (int d : dims) {
      if (d < 0) {
        throw new ShapeException("Shape " + text(dims) + " has a negative extent.");
      }
      elements *= d;
      if (elements > Integer.MAX_VALUE - 8) {
        throw new ShapeException(
            "Shape " + text(dims) + " has more elements than a Java array can hold.");
      }
    }
    this.dims = dims;
    this.size = (int) elements;
  }

  /** A shape of these extents, outermost first; none for a scalar. */
  public static Shape of(int... dims) {
    return new Shape(dims.clone());
  }

  /** Number of axes. */
  public int rank() {
    return dims.length;
  }

  /** Extent of an axis; negative axes count from the end, so {@code dim(-1)} is the last. */
  public int dim(int axis) {
    return dims[normalizeAxis(axis)];
  }

  /** Turns a possibly negative axis into 0..rank-1. */
  public int normalizeAxis(int axis) {
    int normalized = axis < 0 ? axis + dims.length : axis;
    if (normalized < 0 || normalized >= dims.length) {
      throw new ShapeException("Axis " + axis + " does not exist in shape " + this + ".");
    }
    return normalized;
  }

  /** Number of elements. */
  public int size() {
    return size;
  }

  /** Product of all extents but the last: the number of rows when seen as a matrix. */
  public int rows() {
    int rows = 1;
    for (int i = 0; i < dims.length - 1; i++) {
      rows *= dims[i];
    }
    return rows;
  }

  public int[] toArray() {
    return dims.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Shape && Arrays.equals(dims, ((Shape) other).dims);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(dims);
  }

  /** The extents in brackets; of more than 16 only the first, and the rank. */
  @Override
  public String toString() {
    return text(dims);
  }

  private static String text(int[] dims) {
    return Printable.extents(Arrays.stream(dims).asLongStream().toArray());
  }
}
