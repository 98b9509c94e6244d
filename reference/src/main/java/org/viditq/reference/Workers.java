package org.viditq.reference;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.atomic.AtomicInteger;
import org.viditq.core.error.BackendException;

/**
 * A fixed number of threads that share out blocks of independent rows. Which thread computes a
 * block never shows in its result.
 */
final class Workers implements AutoCloseable {
  private final int threads;
  private final ForkJoinPool pool;
  private volatile boolean closed;

  Workers(int threads) {
    this.threads = threads;
    this.pool = threads > 1 ? new ForkJoinPool(threads) : null;
  }

  /** The rows from (inclusive) to (exclusive). */
  @FunctionalInterface
  interface Block {
    void run(int from, int to);
  }

  /** Cuts 0..rows-1 into blocks of {@code blockRows} and runs them all; blocks until done. */
  void forEachBlock(int rows, int blockRows, Block block) {
    requireOpen();
    int blocks = (rows + blockRows - 1) / blockRows;
    AtomicInteger next = new AtomicInteger();
    Runnable worker =
        () -> {
          for (int b = next.getAndIncrement(); b < blocks; b = next.getAndIncrement()) {
            block.run(b * blockRows, Math.min(rows, b * blockRows + blockRows));
          }
        };
    if (threads == 1 || blocks == 1) {
      worker.run();
      return;
    }
    List<ForkJoinTask<?>> tasks = new ArrayList<>();
    for (int t = 0; t < Math.min(threads, blocks); t++) {
      tasks.add(pool.submit(worker));
    }
    // All end before any error is passed on: nobody writes into a result that was given up.
    tasks.forEach(ForkJoinTask::quietlyJoin);
    tasks.forEach(ForkJoinTask::join);
  }

  /**
   * @throws BackendException if closed
   */
  void requireOpen() {
    if (closed) {
      throw new BackendException("Backend reference was closed; open it again to compute.");
    }
  }

  @Override
  public void close() {
    closed = true;
    if (pool != null) {
      pool.shutdown();
    }
  }
}
