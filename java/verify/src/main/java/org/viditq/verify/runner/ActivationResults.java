package org.viditq.verify.runner;

import java.util.Arrays;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.QuantizedActivations;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/** Turns the codes of a backend into what the quantizer fixtures expect. */
final class ActivationResults {
  private ActivationResults() {}

  /**
   * Adds {@code codes}, {@code dequantized}, {@code delta} and {@code zero_point}.
   *
   * @param shape of the activations, [B, N, C]
   * @param samples and {@code tokens}: extents of the grid, [samples, tokens, 1]; the groups are
   *     those of the first rows
   */
  static void put(
      Results results,
      String prefix,
      QuantizedActivations activations,
      Shape shape,
      int samples,
      int tokens) {
    int groups = samples * tokens;
    results
        .put(prefix + "codes", codes(activations), shape.toArray())
        .put(prefix + "dequantized", Tensor.of(shape, dequantize(activations)))
        .put(
            prefix + "delta",
            Tensor.of(Arrays.copyOf(activations.scale(), groups), samples, tokens, 1))
        .put(
            prefix + "zero_point",
            Arrays.copyOf(activations.zeroPoint(), groups),
            samples,
            tokens,
            1);
  }

  /** All codes, row-major. */
  static int[] codes(QuantizedActivations activations) {
    int[] codes = new int[activations.rows() * activations.columns()];
    for (int row = 0; row < activations.rows(); row++) {
      for (int column = 0; column < activations.columns(); column++) {
        codes[row * activations.columns() + column] = activations.code(row, column);
      }
    }
    return codes;
  }

  private static float[] dequantize(QuantizedActivations activations) {
    AffineGrid rows =
        new AffineGrid(activations.format(), activations.scale(), activations.zeroPoint());
    float[] values = new float[activations.rows() * activations.columns()];
    for (int row = 0; row < activations.rows(); row++) {
      for (int column = 0; column < activations.columns(); column++) {
        values[row * activations.columns() + column] =
            rows.decode(row, activations.code(row, column));
      }
    }
    return values;
  }
}
