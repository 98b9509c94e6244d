package org.viditq.reference;

import java.util.Arrays;
import java.util.List;
import org.viditq.core.operators.ResultShapes;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/** Operators that only move values. */
final class ShapeMoves {
  private ShapeMoves() {}

  static Tensor reshape(Tensor x, int... dims) {
    return Tensor.of(ResultShapes.reshape(x.shape(), dims), x.data());
  }

  static Tensor permute(Tensor x, int... permutation) {
    Shape shape = ResultShapes.permute(x.shape(), permutation);
    int[] strides = Strides.rowMajor(x.shape());
    int[] stepOf = new int[permutation.length];
    Arrays.setAll(stepOf, i -> strides[permutation[i]]);
    return Strides.gather(x, shape, stepOf);
  }

  static Tensor concat(List<Tensor> parts, int axis) {
    Shape shape = ResultShapes.concat(parts.stream().map(Tensor::shape).toList(), axis);
    int along = shape.normalizeAxis(axis);
    int[] dims = shape.toArray();
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
    Shape shape = ResultShapes.slice(x.shape(), axis, from, to);
    int along = shape.normalizeAxis(axis);
    int extent = x.dim(along);
    int[] dims = shape.toArray();
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
    Tensor result = Tensor.zeros(ResultShapes.upsampleNearest2x(x.shape()).toArray());
    int width = x.dim(3);
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
