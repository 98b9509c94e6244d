package org.viditq.onnx;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.function.IntUnaryOperator;
import org.viditq.core.quant.HadamardMatrix;
import org.viditq.core.quant.Rotation;
import org.viditq.core.quant.Rotation.Kind;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/**
 * Rotations of inputs in ONNX's own operators. A block's matrix is a Kronecker product, so its
 * channels, seen as a small matrix, are multiplied by one factor from the left and by the other
 * from the right. MatMul sums in an order of its own: values are those of {@link Rotation} up to
 * rounding.
 */
final class RotationLowering {
  private final GraphRecorder recorder;
  private final PointwiseLowering pointwise;
  private final ShapeLowering shapes;
  private final Map<Factor, OnnxValue> factors = new HashMap<>();

  RotationLowering(GraphRecorder recorder, PointwiseLowering pointwise, ShapeLowering shapes) {
    this.recorder = recorder;
    this.pointwise = pointwise;
    this.shapes = shapes;
  }

  private enum Family {
    PALEY,
    SYLVESTER,
    REGULAR
  }

  private record Factor(Family family, int order) {}

  /**
   * Rotates blocks whose signs are taken.
   *
   * @param x [.., C]
   */
  OnnxValue rotate(OnnxValue x, Rotation rotation) {
    int base = rotation.base();
    int outer = base > 1 ? base : half(rotation);
    int inner = rotation.block() / outer;
    Family within = rotation.kind() == Kind.REGULAR ? Family.REGULAR : Family.SYLVESTER;
    int[] dims = x.shape().toArray();
    int[] blocks = Arrays.copyOf(dims, dims.length + 2);
    blocks[dims.length - 1] = dims[dims.length - 1] / rotation.block();
    blocks[dims.length] = outer;
    blocks[dims.length + 1] = inner;
    OnnxValue y = shapes.reshape(x, blocks);
    if (inner > 1) {
      y = product(y, factor(new Factor(within, inner)), y.shape());
    }
    if (outer > 1) {
      OnnxValue left = factor(new Factor(base > 1 ? Family.PALEY : within, outer));
      y = product(left, y, y.shape());
    }
    float norm = 1f / (float) Math.sqrt(rotation.block());
    return pointwise.scale(shapes.reshape(y, dims), norm);
  }

  /** A factor of a block without outer matrix: about its square root. */
  private static int half(Rotation rotation) {
    int bits = Integer.numberOfTrailingZeros(rotation.block());
    int unit = rotation.kind() == Kind.REGULAR ? 2 : 1;
    return 1 << (bits / unit / 2 * unit);
  }

  private OnnxValue product(OnnxValue left, OnnxValue right, Shape result) {
    return recorder.node("MatMul").inputs(left, right).result(result);
  }

  private OnnxValue factor(Factor factor) {
    return factors.computeIfAbsent(
        factor,
        wanted -> {
          IntFunction<float[]> rows = rows(wanted);
          int order = wanted.order();
          Tensor matrix = Tensor.zeros(order, order);
          for (int row = 0; row < order; row++) {
            System.arraycopy(rows.apply(row), 0, matrix.data(), row * order, order);
          }
          return recorder.constant(
              "hadamard." + order, new TensorConstant(matrix, recorder.real()));
        });
  }

  private static IntFunction<float[]> rows(Factor factor) {
    if (factor.family() == Family.PALEY) {
      int[][] matrix = HadamardMatrix.of(factor.order());
      return row -> floats(matrix[row].length, column -> matrix[row][column]);
    }
    if (factor.family() == Family.SYLVESTER) {
      return row -> floats(factor.order(), column -> sign(Integer.bitCount(row & column)));
    }
    return row -> floats(factor.order(), column -> sign(minuses(row, column)));
  }

  /**
   * Of an entry of a Kronecker power of the regular matrix of order 4, where i + j = 3 gives one.
   */
  private static int minuses(int row, int column) {
    int count = 0;
    for (int i = row, j = column; (i | j) != 0; i >>= 2, j >>= 2) {
      count += (i & 3) + (j & 3) == 3 ? 1 : 0;
    }
    return count;
  }

  private static int sign(int minuses) {
    return minuses % 2 == 0 ? 1 : -1;
  }

  private static float[] floats(int count, IntUnaryOperator entry) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = entry.applyAsInt(i);
    }
    return values;
  }
}
