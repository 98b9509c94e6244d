package org.viditq.quantize.weight;

import java.util.Arrays;
import java.util.Optional;
import java.util.function.DoubleFunction;
import java.util.stream.IntStream;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.MinMaxGrid;
import org.viditq.core.quant.Rotation;
import org.viditq.core.tensor.Tensor;

/**
 * Finds the balancing exponent α of a layer and timestep range with the smallest error of the
 * layer's output: ‖X Wᵀ - X̂ Ŵᵀ‖², X some calibrated rows, X̂ and Ŵ what X / s and W diag(s) become
 * as codes. Of W at most {@value #MAX_CHANNELS} output channels count, evenly spread. α is one of
 * 0, 0.05, ..., 1: tenths first, then the neighbours of the best; of equal ones the first. Rows are
 * quantized with a grid each, whatever the plan's activation mode is.
 */
final class AlphaSearch {
  private static final int MAX_CHANNELS = 64;

  /** Output channels that are rounded together. */
  private static final int TOGETHER = 16;

  private static final int COARSE = 2;
  private static final int STEPS = 20;

  private final Tensor rows;
  private final float[][] weight;
  private final IntegerFormat activation;
  private final Optional<Rotation> rotation;
  private final Rounding rounding;

  /** What output channels of W diag(s), rotated, become. */
  interface Rounding {
    /**
     * @param s that was multiplied to the weights
     */
    WithBalance balanced(float[] s);

    /** Rounds the weights of some channels in place, each channel by itself. */
    interface WithBalance {
      void round(float[][] channels);
    }
  }

  /**
   * @param rows X [n, in]
   * @param weight W, some rows of it, [m][in]
   * @param rotation of X / s and W diag(s)
   */
  AlphaSearch(
      Tensor rows,
      float[][] weight,
      IntegerFormat activation,
      Optional<Rotation> rotation,
      Rounding rounding) {
    this.rows = rows;
    this.weight = weight;
    this.activation = activation;
    this.rotation = rotation;
    this.rounding = rounding;
  }

  /** Which of {@code out} output channels count. */
  static int[] channels(int out) {
    int used = Math.min(out, MAX_CHANNELS);
    return IntStream.range(0, used).map(i -> (int) ((long) i * out / used)).toArray();
  }

  /**
   * @param balance s of an α
   * @return the best α
   */
  double best(DoubleFunction<float[]> balance) {
    DMatrixRMaj exact = product(matrix(rows.data(), rows.dim(0)), matrix(weight));
    double[] errors = new double[STEPS + 1];
    Arrays.fill(errors, Double.NaN);
    int best = 0;
    for (int i = 0; i <= STEPS; i += COARSE) {
      errors[i] = error(exact, balance.apply(i / (double) STEPS));
      best = errors[i] < errors[best] ? i : best;
    }
    int coarse = best;
    for (int i = Math.max(0, coarse - 1); i <= Math.min(STEPS, coarse + 1); i += COARSE) {
      errors[i] = error(exact, balance.apply(i / (double) STEPS));
      best = errors[i] < errors[best] ? i : best;
    }
    return best / (double) STEPS;
  }

  private double error(DMatrixRMaj exact, float[] s) {
    int columns = s.length;
    Rounding.WithBalance rounded = rounding.balanced(s);
    float[][] weights = new float[weight.length][];
    IntStream.range(0, (weights.length + TOGETHER - 1) / TOGETHER)
        .parallel()
        .forEach(
            group -> {
              int start = group * TOGETHER;
              int end = Math.min(weights.length, start + TOGETHER);
              for (int m = start; m < end; m++) {
                float[] own = new float[columns];
                for (int c = 0; c < columns; c++) {
                  own[c] = weight[m][c] * s[c];
                }
                weights[m] = rotation.map(r -> r.rotate(own, columns)).orElse(own);
              }
              rounded.round(Arrays.copyOfRange(weights, start, end));
            });
    float[] divided = new float[rows.size()];
    for (int i = 0; i < divided.length; i++) {
      divided[i] = rows.data()[i] / s[i % columns];
    }
    float[] inputs = rotation.map(r -> r.rotate(divided, columns)).orElse(divided);
    roundRows(inputs, columns);
    DMatrixRMaj product = product(matrix(inputs, rows.dim(0)), matrix(weights));
    double sum = 0;
    for (int i = 0; i < product.data.length; i++) {
      double difference = product.data[i] - exact.data[i];
      sum += difference * difference;
    }
    return sum;
  }

  private void roundRows(float[] values, int columns) {
    for (int from = 0; from < values.length; from += columns) {
      float lo = 0;
      float hi = 0;
      for (int i = from; i < from + columns; i++) {
        lo = Math.min(lo, values[i]);
        hi = Math.max(hi, values[i]);
      }
      AffineGrid grid = MinMaxGrid.of(activation, new float[] {lo}, new float[] {hi});
      for (int i = from; i < from + columns; i++) {
        values[i] = grid.decode(0, grid.encode(0, values[i]));
      }
    }
  }

  private static DMatrixRMaj product(DMatrixRMaj x, DMatrixRMaj weight) {
    DMatrixRMaj product = new DMatrixRMaj(x.numRows, weight.numRows);
    CommonOps_DDRM.multTransB(x, weight, product);
    return product;
  }

  private static DMatrixRMaj matrix(float[] values, int rows) {
    DMatrixRMaj matrix = new DMatrixRMaj(rows, values.length / rows);
    for (int i = 0; i < values.length; i++) {
      matrix.data[i] = values[i];
    }
    return matrix;
  }

  private static DMatrixRMaj matrix(float[][] values) {
    DMatrixRMaj matrix = new DMatrixRMaj(values.length, values[0].length);
    for (int r = 0; r < values.length; r++) {
      for (int c = 0; c < values[r].length; c++) {
        matrix.set(r, c, values[r][c]);
      }
    }
    return matrix;
  }
}
