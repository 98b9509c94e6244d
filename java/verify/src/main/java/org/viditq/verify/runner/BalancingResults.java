package org.viditq.verify.runner;

import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.tensor.Tensor;
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
    int ranges = layer.sets().size();
    int columns = layer.inFeatures();
    float[] all = new float[ranges * columns];
    for (int r = 0; r < ranges; r++) {
      float[] scale =
          statistics.channelScale(name, layer.sets().get(r).range(), balancing.momentum());
      System.arraycopy(scale, 0, all, r * columns, columns);
    }
    return Tensor.of(all, ranges, columns);
  }

  /** As used: exact zeros replaced. */
  static Tensor scale(
      CalibrationStatistics statistics,
      Balancing balancing,
      String name,
      QuantizedLinearParameters layer) {
    Tensor seen = statistic(statistics, balancing, name, layer);
    float[] used = seen.data().clone();
    for (int i = 0; i < used.length; i++) {
      if (used[i] == 0) {
        used[i] = (float) balancing.zeroStatEps();
      }
    }
    return Tensor.of(seen.shape(), used);
  }
}
