package org.viditq.reference;

import static org.viditq.reference.Operands.require;

import java.util.Arrays;
import java.util.List;
import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/** Operators that only move values. */
final class ShapeMoves {
  private ShapeMoves() {}

  static Tensor reshape(Tensor x, int... dims) {
    Shape shape = Shape.of(dims);
    require(shape.size() == x.size(), "reshape", "as many elements as " + shape, x.shape());
    return Tensor.of(shape, x.data());
  }

  static Tensor permute(Tensor x, int... permutation) {
    int rank = x.shape().rank();
    boolean[] taken = new boolean[rank];
    boolean valid = permutation.length == rank;
    for (int axis : permutation) {
      valid = valid && axis >= 0 && axis < rank && !taken[axis];
      if (valid) {
        taken[axis] = true;
      }
    }
    require(valid, "permute", "each axis once in " + Arrays.toString(permutation), x.shape());
    int[] strides = Strides.rowMajor(x.shape());
    int[] dims = new int[rank];
    int[] stepOf = new int[rank];
    for (int i = 0; i < rank; i++) {
      dims[i] = x.dim(permutation[i]);
      stepOf[i] = strides[permutation[i]];
    }
    return Strides.gather(x, Shape.of(dims), stepOf);
  }

  static Tensor concat(List<Tensor> parts, int axis) {
    if (parts.isEmpty()) {
      throw new ShapeException("concat needs at least one part, but got none.");
    }
    Shape first = parts.get(0).shape();
    int along = first.normalizeAxis(axis);
    int[] dims = first.toArray();
    dims[along] = 0;
    for (Tensor part : parts) {
      int[] expected = part.shape().toArray();
      if (expected.length == dims.length) {
        dims[along] += expected[along];
        expected[along] = first.dim(along);
      }
      require(
          Shape.of(expected).equals(first),
          "concat",
          "parts that differ along axis " + axis + " only",
          first,
          part.shape());
    }
    Shape shape = Shape.of(dims);
    float[] out = new float[shape.size()];
    int outer = product(dims, 0, along);
    int inner = product(dims, along + 1, dims.length);
    int at = 0;
    for (int o = 0; o < outer; o++) {
      for (Tensor part : parts) {
        int run = part.dim(along) * inner;
        System.arraycopy(part.data(), o * run, out, at, run);
        at += run;
      }
    }
    return Tensor.of(shape, out);
  }

  static Tensor slice(Tensor x, int axis, int from, int to) {
    int along = x.shape().normalizeAxis(axis);
    require(
        0 <= from && from <= to && to <= x.dim(along),
        "slice",
        "0 <= from <= to <= extent for from " + from + ", to " + to + " of axis " + axis,
        x.shape());
    int[] dims = x.shape().toArray();
    int extent = dims[along];
    dims[along] = to - from;
    Shape shape = Shape.of(dims);
    float[] out = new float[shape.size()];
    int outer = product(dims, 0, along);
    int inner = product(dims, along + 1, dims.length);
    int run = (to - from) * inner;
    for (int o = 0; o < outer; o++) {
      System.arraycopy(x.data(), (o * extent + from) * inner, out, o * run, run);
    }
    return Tensor.of(shape, out);
  }

  static Tensor upsampleNearest2x(Tensor x) {
    require(x.shape().rank() == 4, "upsampleNearest2x", "x [B, C, H, W]", x.shape());
    int width = x.dim(3);
    Tensor result = Tensor.zeros(x.dim(0), x.dim(1), 2 * x.dim(2), 2 * width);
    int rows = result.shape().rows();
    for (int row = 0; row < rows; row++) {
      // Rows run through all planes; a plane has an even number of them, so halving stays inside.
      for (int w = 0; w < 2 * width; w++) {
        result.data()[row * 2 * width + w] = x.data()[row / 2 * width + w / 2];
      }
    }
    return result;
  }

  private static int product(int[] dims, int from, int to) {
    int product = 1;
    for (int i = from; i < to; i++) {
      product *= dims[i];
    }
    return product;
  }
}
