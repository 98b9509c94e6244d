package org.viditq.bench.serve;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * Memory of this process, which holds the servers and their clients, as {@code /metrics} tells it:
 * looked at from time to time while there is load, for its peak, and at rest.
 */
final class MemoryWatch implements AutoCloseable {
  private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(100);

  private final Supplier<Scrape> scrape;
  private final Thread thread = new Thread(this::watch, "memory-watch");
  private volatile boolean ended;
  private volatile Memory peak = new Memory(0, 0);

  /**
   * @param scrape asks one of the servers; all are in this process
   */
  MemoryWatch(Supplier<Scrape> scrape) {
    this.scrape = scrape;
    thread.setDaemon(true);
    thread.start();
  }

  private void watch() {
    while (!ended) {
      peak = peak.orMore(Memory.of(scrape.get()));
      LockSupport.parkNanos(PAUSE);
    }
  }

  /** The most that was seen; the heap's with garbage. */
  Memory peak() {
    return peak;
  }

  @Override
  public void close() throws InterruptedException {
    ended = true;
    LockSupport.unpark(thread);
    thread.join();
  }
}
