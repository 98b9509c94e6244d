package org.viditq.bench.fuzz;

import org.viditq.core.quant.TimestepRange;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.calibrate.CalibrationStatisticsFile;

/** Calibration statistics. */
public final class StatisticsFuzzer {
  private static final double MOMENTUM = 0.9;

  private StatisticsFuzzer() {}

  public static void fuzzerTestOneInput(byte[] input) throws Exception {
    Refusal.allowed(
        () -> {
          CalibrationStatistics statistics =
              CalibrationStatisticsFile.read(Scratch.write("stats.safetensors", input));
          for (String layer : statistics.layers()) {
            statistics.channelScale(layer, TimestepRange.ALL, MOMENTUM);
          }
        });
  }
}
