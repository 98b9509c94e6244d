package org.viditq.quantize.checkpoint;

import java.util.Arrays;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.error.Printable;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.AffineGrid;

/** What rounding has done to the weights of a layer. */
public final class WeightError {
  private WeightError() {}

  /**
   * ‖Ŵ - W‖ / ‖W‖ in the Frobenius norm, where Ŵ = (codes - z) Δ / s undoes the balancing by s; of
   * several weight sets the largest. Inputs, which are rounded too, play no part. 0 where W is 0.
   *
   * @param original holds the full-precision weight under the layer's name
   * @throws InvalidCheckpointException if there is none, or it has another shape
   */
  public static double of(QuantizedLinearParameters layer, Checkpoint original) {
    StoredTensor weight = original.get(layer.name() + ".weight");
    int[] extents = {layer.outFeatures(), layer.inFeatures()};
    if (!Arrays.equals(weight.shape().toArray(), extents)) {
      throw new InvalidCheckpointException(
          "Tensor "
              + Printable.name(weight.name())
              + " of "
              + original.source()
              + " has shape "
              + weight.shape()
              + ", but the quantized layer "
              + Arrays.toString(extents)
              + "; they are of different models.");
    }
    double largest = 0;
    for (WeightSet set : layer.sets()) {
      largest = Math.max(largest, relative(set, weight));
    }
    return largest;
  }

  private static double relative(WeightSet set, StoredTensor weight) {
    AffineGrid grid = set.weight().grid();
    int columns = set.weight().codes().columns();
    byte[] codes = new byte[columns];
    float[] row = new float[columns];
    double error = 0;
    double norm = 0;
    for (int r = 0; r < set.weight().codes().rows(); r++) {
      set.weight().codes().copyRow(r, codes, 0);
      weight.copyTo(r * columns, row, 0, columns);
      for (int c = 0; c < columns; c++) {
        double value = grid.decode(r, grid.format().code(codes[c]));
        double balanced = set.balance().isPresent() ? value / set.balance().get()[c] : value;
        error += (balanced - row[c]) * (balanced - row[c]);
        norm += (double) row[c] * row[c];
      }
    }
    return norm == 0 ? 0 : Math.sqrt(error / norm);
  }
}
