package org.viditq.bench.gemm;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.viditq.bench.report.Median;

/**
 * Measures several contenders in turns, so that what else the machine does falls on all of them,
 * and takes medians. A turn is a row of calls, like layers of a model: threads that slept during
 * the others' turns are woken once per turn, which takes longer than a small product does.
 */
final class Rounds {
  private static final int WARM_UP = 2;
  private static final long TURN_NANOS = 5_000_000;
  private static final int MOST_CALLS = 1000;

  private final int rounds;
  private final LongSupplier clock;

  /**
   * @param clock nanoseconds
   */
  Rounds(int rounds, LongSupplier clock) {
    this.rounds = rounds;
    this.clock = clock;
  }

  /** Median time of a call of each contender in nanoseconds, in their order. */
  Map<String, Double> measure(List<? extends Contender> contenders) {
    long[][] times = new long[contenders.size()][rounds];
    int[] calls = new int[contenders.size()];
    Arrays.fill(calls, 1);
    for (int round = -WARM_UP; round < rounds; round++) {
      for (int i = 0; i < contenders.size(); i++) {
        long time = turn(contenders.get(i), calls[i]);
        if (round >= 0) {
          times[i][round] = time / calls[i];
        } else {
          calls[i] = callsPerTurn(time / calls[i]);
        }
      }
    }
    Map<String, Double> medians = new LinkedHashMap<>();
    for (int i = 0; i < contenders.size(); i++) {
      medians.put(contenders.get(i).name(), Median.of(times[i]));
    }
    return medians;
  }

  private static int callsPerTurn(long callNanos) {
    return (int) Math.max(1, Math.min(MOST_CALLS, TURN_NANOS / Math.max(1, callNanos)));
  }

  /** Nanoseconds of that many calls. */
  private long turn(Contender contender, int calls) {
    long start = clock.getAsLong();
    for (int i = 0; i < calls; i++) {
      contender.run();
    }
    return clock.getAsLong() - start;
  }
}
