package org.viditq.quantize.weight;

import java.util.Optional;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.quant.Rotation;
import org.viditq.quantize.balance.BalancedRows;

/**
 * What rounding a weight takes from a layer's output on average over a timestep range, E[x'] (W' -
 * Ŵ')ᵀ, x' the input as it is multiplied. Added to the bias it makes the mean of every output
 * channel that of the full-precision layer: all that the algebra allows ranges of the same codes to
 * differ in, since divisors that differ between channels would have to be in the weights, and a
 * common factor changes no dynamic grid.
 */
final class MeanCorrection {
  private MeanCorrection() {}

  /**
   * @param mean E[x], [in]
   * @param balance s
   */
  static float[] of(
      StoredTensor weight,
      QuantizedWeight quantized,
      Optional<float[]> balance,
      Optional<Rotation> rotation,
      float[] mean) {
    int columns = mean.length;
    float[] divided = mean.clone();
    balance.ifPresent(
        s -> {
          for (int c = 0; c < columns; c++) {
            divided[c] /= s[c];
          }
        });
    float[] input = rotation.map(r -> r.rotate(divided, columns)).orElse(divided);
    BalancedRows rows = new BalancedRows(weight, balance, rotation);
    AffineGrid grid = quantized.grid();
    byte[] codes = new byte[columns];
    float[] correction = new float[rows.count()];
    for (int r = 0; r < correction.length; r++) {
      float[] row = rows.read(r);
      quantized.codes().copyRow(r, codes, 0);
      double sum = 0;
      for (int c = 0; c < columns; c++) {
        sum += ((double) row[c] - grid.decode(r, grid.format().code(codes[c]))) * input[c];
      }
      correction[r] = (float) sum;
    }
    return correction;
  }
}
