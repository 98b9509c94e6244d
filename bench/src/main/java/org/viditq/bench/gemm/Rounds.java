package org.viditq.bench.gemm;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.viditq.bench.report.Median;

/**
 * Measures several contenders in turns, so that what else the machine does falls on all of them,
 * and takes medians.
 */
final class Rounds {
  private static final int WARM_UP = 2;

  private final int rounds;
  private final LongSupplier clock;

  /**
   * @param clock nanoseconds
   */
  Rounds(int rounds, LongSupplier clock) {
    this.rounds = rounds;
    this.clock = clock;
  }

  /** Median time of each contender in nanoseconds, in their order. */
  Map<String, Double> measure(List<? extends Contender> contenders) {
    long[][] times = new long[contenders.size()][rounds];
    for (int round = -WARM_UP; round < rounds; round++) {
      for (int i = 0; i < contenders.size(); i++) {
        long start = clock.getAsLong();
        contenders.get(i).run();
        long time = clock.getAsLong() - start;
        if (round >= 0) {
          times[i][round] = time;
        }
      }
    }
    Map<String, Double> medians = new LinkedHashMap<>();
    for (int i = 0; i < contenders.size(); i++) {
      medians.put(contenders.get(i).name(), Median.of(times[i]));
    }
    return medians;
  }
}
