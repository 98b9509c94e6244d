package org.viditq.verify.runner;

import java.util.function.UnaryOperator;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.balance.BalanceVector;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.plan.Balancing;

/** The statistics of balancing as the fixtures expect them, [ranges, in]. */
final class BalancingResults {
  private BalancingResults() {}

  /** As collected: a channel that was always zero has 0. */
  static Tensor statistic(
      CalibrationStatistics statistics,
      Balancing balancing,
      String name,
      QuantizedLinearParameters layer) {
    return perRange(statistics, balancing, name, layer, UnaryOperator.identity());
  }

  /** As used: exact zeros replaced. */
  static Tensor scale(
      CalibrationStatistics statistics,
      Balancing balancing,
      String name,
      QuantizedLinearParameters layer) {
    return perRange(
        statistics,
        balancing,
        name,
        layer,
        seen -> BalanceVector.withoutZeros(seen, balancing.zeroStatEps()));
  }

  private static Tensor perRange(
      CalibrationStatistics statistics,
      Balancing balancing,
      String name,
      QuantizedLinearParameters layer,
      UnaryOperator<float[]> used) {
    int ranges = layer.sets().size();
    int columns = layer.inFeatures();
    float[] all = new float[ranges * columns];
    for (int r = 0; r < ranges; r++) {
      float[] seen =
          statistics.channelScale(name, layer.sets().get(r).range(), balancing.momentum());
      System.arraycopy(used.apply(seen), 0, all, r * columns, columns);
    }
    return Tensor.of(all, ranges, columns);
  }
}
