package org.viditq.cli.console;

import java.util.function.LongSupplier;

/**
 * When a line of progress may be printed: once in ten seconds, however many tasks there are, or in
 * as many as the Java property {@value #PROPERTY} says.
 */
final class ProgressPace {
  static final String PROPERTY = "viditq.progress.seconds";

  private static final long DEFAULT_SECONDS = 10;

  private final LongSupplier nanoTime;
  private final long interval;
  private long last;

  /** Begins now: short work prints nothing. */
  static ProgressPace ofProcess() {
    return new ProgressPace(System::nanoTime, Long.getLong(PROPERTY, DEFAULT_SECONDS));
  }

  ProgressPace(LongSupplier nanoTime, long seconds) {
    this.nanoTime = nanoTime;
    this.interval = seconds * 1_000_000_000L;
    this.last = nanoTime.getAsLong();
  }

  long now() {
    return nanoTime.getAsLong();
  }

  /** Whether a line is due; then the next one is ten seconds later. */
  synchronized boolean isDue() {
    long now = now();
    if (now - last < interval) {
      return false;
    }
    last = now;
    return true;
  }
}
