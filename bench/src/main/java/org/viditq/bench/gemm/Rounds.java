package org.viditq.bench.gemm;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.viditq.bench.report.Median;

/**
 * Measures several contenders in turns, so that what else the machine does falls on all of them,
 * and takes medians. A turn is a row of calls, like layers of a model: threads that slept during
 * the others' turns are woken once per turn, which takes longer than a small product does. Before
 * the first turn each contender runs until the virtual machine has compiled what calls it.
 */
final class Rounds {
  private static final long WARM_UP_NANOS = 500_000_000;
  private static final int LEAST_WARM_UP_CALLS = 2;
  private static final int MOST_WARM_UP_CALLS = 2000;
  private static final long TURN_NANOS = 20_000_000;
  private static final int MOST_CALLS = 1000;

  /** Before a turn: threads of the contender before it watch for work for some milliseconds. */
  private static final long REST_NANOS = 40_000_000;

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
    for (int i = 0; i < calls.length; i++) {
      calls[i] = callsPerTurn(warmUp(contenders.get(i)));
    }
    for (int round = 0; round < rounds; round++) {
      for (int i = 0; i < calls.length; i++) {
        times[i][round] = turn(contenders.get(i), calls[i]) / calls[i];
      }
    }
    Map<String, Double> medians = new LinkedHashMap<>();
    for (int i = 0; i < contenders.size(); i++) {
      medians.put(contenders.get(i).name(), Median.of(times[i]));
    }
    return medians;
  }

  /** Nanoseconds of the last of many calls. */
  private long warmUp(Contender contender) {
    long start = clock.getAsLong();
    long before = start;
    for (int calls = 1; ; calls++) {
      contender.run();
      long now = clock.getAsLong();
      boolean warm = calls >= MOST_WARM_UP_CALLS || now - start >= WARM_UP_NANOS;
      if (warm && calls >= LEAST_WARM_UP_CALLS) {
        return now - before;
      }
      before = now;
    }
  }

  private static int callsPerTurn(long callNanos) {
    return (int) Math.max(1, Math.min(MOST_CALLS, TURN_NANOS / Math.max(1, callNanos)));
  }

  /** Nanoseconds of that many calls, after a rest and one call more. */
  private long turn(Contender contender, int calls) {
    LockSupport.parkNanos(REST_NANOS);
    contender.run();
    long start = clock.getAsLong();
    for (int i = 0; i < calls; i++) {
      contender.run();
    }
    return clock.getAsLong() - start;
  }
}
