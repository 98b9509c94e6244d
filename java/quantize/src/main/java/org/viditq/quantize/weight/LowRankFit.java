package org.viditq.quantize.weight;

import java.util.Arrays;
import java.util.Optional;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.SingularOps_DDRM;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.SingularValueDecomposition_F64;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.error.InvalidPlanException;
import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.quant.LowRankBranch;
import org.viditq.core.quant.TimestepRange;
import org.viditq.core.tensor.DType;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.balance.BalancedRows;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.plan.QuantizationPlan;

/**
 * The branch that takes the largest part of a weight's effect out of it: the first singular vectors
 * of W diag(d), d the root mean square of each input channel where second moments are known and 1
 * otherwise (Li et al., "SVDQuant", ICLR 2025, section 4, whose smoothing is such a diagonal too).
 * Values are rounded to float16, as they are stored; what that changes stays in the codes.
 */
final class LowRankFit {
  private LowRankFit() {}

  /**
   * @return empty if the plan has no branches
   * @throws InvalidPlanException if the rank is no less than the layer's extents
   */
  static Optional<LowRankBranch> of(
      QuantizationPlan plan,
      Optional<CalibrationStatistics> statistics,
      DenseLinearParameters layer) {
    int rank = plan.scheme().rank();
    if (rank == 0) {
      return Optional.empty();
    }
    if (rank >= Math.min(layer.inFeatures(), layer.outFeatures())) {
      throw new InvalidPlanException(
          "Plan "
              + plan.name()
              + " gives layer "
              + layer.name()
              + ", which has a weight of "
              + layer.weight().shape()
              + ", a branch of rank "
              + rank
              + "; it must be below both extents.");
    }
    double[] importance = new double[layer.inFeatures()];
    Arrays.fill(importance, 1);
    statistics
        .flatMap(CalibrationStatistics::secondMoments)
        .ifPresent(
            moments -> {
              DMatrixRMaj second = moments.of(layer.name(), TimestepRange.ALL);
              double largest = 0;
              for (int c = 0; c < importance.length; c++) {
                importance[c] = Math.sqrt(Math.max(0, second.get(c, c)));
                largest = Math.max(largest, importance[c]);
              }
              for (int c = 0; c < importance.length; c++) {
                importance[c] = Math.max(importance[c], largest == 0 ? 1 : largest * 1e-6);
              }
            });
    return Optional.of(fit(layer, importance, rank));
  }

  private static LowRankBranch fit(DenseLinearParameters layer, double[] importance, int rank) {
    int out = layer.outFeatures();
    int in = layer.inFeatures();
    BalancedRows rows = new BalancedRows(layer.weight(), Optional.empty());
    DMatrixRMaj weight = new DMatrixRMaj(out, in);
    for (int r = 0; r < out; r++) {
      float[] row = rows.read(r);
      for (int c = 0; c < in; c++) {
        weight.data[r * in + c] = row[c] * importance[c];
      }
    }
    SingularValueDecomposition_F64<DMatrixRMaj> svd =
        DecompositionFactory_DDRM.svd(out, in, true, true, true);
    if (!svd.decompose(weight)) {
      throw new InvalidPlanException(
          "The singular vectors of the weight of layer "
              + layer.name()
              + " cannot be computed; leave out low_rank for this model.");
    }
    DMatrixRMaj left = svd.getU(null, false);
    DMatrixRMaj right = svd.getV(null, true);
    DMatrixRMaj values = svd.getW(null);
    SingularOps_DDRM.descendingOrder(left, false, values, right, true);
    float[] up = new float[out * rank];
    float[] down = new float[rank * in];
    for (int r = 0; r < rank; r++) {
      // The singular value in halves, so that neither factor leaves float16's range.
      double root = Math.sqrt(values.get(r, r));
      for (int n = 0; n < out; n++) {
        up[n * rank + r] = (float) (left.get(n, r) * root);
      }
      for (int c = 0; c < in; c++) {
        down[r * in + c] = (float) (right.get(r, c) * root / importance[c]);
      }
    }
    balance(up, down, out, in, rank);
    return new LowRankBranch(rounded(Tensor.of(down, rank, in)), rounded(Tensor.of(up, out, rank)));
  }

  /** Gives both factors of each rank the same largest magnitude. */
  private static void balance(float[] up, float[] down, int out, int in, int rank) {
    for (int r = 0; r < rank; r++) {
      float largestUp = 0;
      float largestDown = 0;
      for (int n = 0; n < out; n++) {
        largestUp = Math.max(largestUp, Math.abs(up[n * rank + r]));
      }
      for (int c = 0; c < in; c++) {
        largestDown = Math.max(largestDown, Math.abs(down[r * in + c]));
      }
      if (largestUp > 0 && largestDown > 0) {
        float factor = (float) Math.sqrt(largestDown / largestUp);
        for (int n = 0; n < out; n++) {
          up[n * rank + r] *= factor;
        }
        for (int c = 0; c < in; c++) {
          down[r * in + c] /= factor;
        }
      }
    }
  }

  private static Tensor rounded(Tensor values) {
    return MemoryTensor.of("rounded", values, DType.F16).toTensor();
  }
}
