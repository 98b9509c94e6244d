package org.viditq.quantize.checkpoint;

import java.util.Arrays;
import java.util.Optional;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.error.Printable;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.LowRankBranch;
import org.viditq.core.tensor.Tensor;

/** What rounding has done to the weights of a layer. */
public final class WeightError {
  private WeightError() {}

  /**
   * ‖Ŵ - W‖ / ‖W‖ in the Frobenius norm, where Ŵ = (codes - z) Δ / s undoes the balancing by s, and
   * the rotation, and holds the low-rank branch; of several weight sets the largest. Inputs, which
   * are rounded too, play no part. 0 where W is 0.
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
      largest = Math.max(largest, relative(set, layer.branch(), weight));
    }
    return largest;
  }

  /** What the branch adds to a weight. */
  private static double beside(Optional<LowRankBranch> branch, int row, int column) {
    if (branch.isEmpty()) {
      return 0;
    }
    Tensor down = branch.get().down();
    double sum = 0;
    for (int r = 0; r < branch.get().rank(); r++) {
      sum +=
          (double) branch.get().up().data()[row * branch.get().rank() + r]
              * down.data()[r * down.dim(1) + column];
    }
    return sum;
  }

  private static double relative(
      WeightSet set, Optional<LowRankBranch> branch, StoredTensor weight) {
    AffineGrid grid = set.weight().grid();
    int columns = set.weight().codes().columns();
    byte[] codes = new byte[columns];
    float[] row = new float[columns];
    double error = 0;
    double norm = 0;
    for (int r = 0; r < set.weight().codes().rows(); r++) {
      set.weight().codes().copyRow(r, codes, 0);
      weight.copyTo(r * columns, row, 0, columns);
      float[] values = new float[columns];
      for (int c = 0; c < columns; c++) {
        values[c] = grid.decode(r, grid.format().code(codes[c]));
      }
      float[] unrotated = set.rotation().map(t -> t.undo(values, columns)).orElse(values);
      for (int c = 0; c < columns; c++) {
        double value = unrotated[c];
        double balanced = set.balance().isPresent() ? value / set.balance().get()[c] : value;
        balanced += beside(branch, r, c);
        error += (balanced - row[c]) * (balanced - row[c]);
        norm += (double) row[c] * row[c];
      }
    }
    return norm == 0 ? 0 : Math.sqrt(error / norm);
  }
}
