package org.viditq.cli.workers;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.viditq.core.error.ViditqException;
import org.viditq.core.workers.UnitFailedException;
import org.viditq.core.workers.WorkerCommand;
import org.viditq.core.workers.WorkerLostException;
import org.viditq.core.workers.WorkerProcess;

/**
 * Some worker processes of this machine. A unit whose worker dies is tried once more by a new one;
 * the first unit that cannot be computed ends all of them, and so does the end of this process.
 */
final class LocalWorkers {
  /** How often a unit is tried. */
  private static final int TRIES = 2;

  private final WorkerCommand command;
  private final Path folder;
  private final int count;
  private final int threads;
  private final String fingerprint;
  private final Runnable done;

  private final Queue<Integer> waiting = new ConcurrentLinkedQueue<>();
  private final Set<WorkerProcess> running = ConcurrentHashMap.newKeySet();
  private volatile boolean stopped;
  private ViditqException failure;

  /**
   * @param folder of partial results
   * @param count of processes
   * @param threads of each
   * @param fingerprint of the units
   * @param done called after each unit
   */
  LocalWorkers(
      WorkerCommand command,
      Path folder,
      int count,
      int threads,
      String fingerprint,
      Runnable done) {
    this.command = command;
    this.folder = folder;
    this.count = count;
    this.threads = threads;
    this.fingerprint = fingerprint;
    this.done = done;
  }

  /**
   * Has units computed.
   *
   * @throws ViditqException if one of them cannot be
   */
  void compute(List<Integer> units) {
    waiting.addAll(units);
    Thread end = new Thread(this::stop, "end of workers");
    try {
      Runtime.getRuntime().addShutdownHook(end);
    } catch (IllegalStateException ending) {
      return;
    }
    try {
      List<Thread> feeders = new ArrayList<>();
      for (int i = 0; i < Math.min(count, units.size()); i++) {
        Thread feeder = new Thread(this::feed, "worker " + (i + 1));
        feeder.start();
        feeders.add(feeder);
      }
      for (Thread feeder : feeders) {
        feeder.join();
      }
    } catch (InterruptedException interrupted) {
      fail(new ViditqException("The work was interrupted; give the command again to go on."));
      Thread.currentThread().interrupt();
    } finally {
      stop();
      try {
        Runtime.getRuntime().removeShutdownHook(end);
      } catch (IllegalStateException ending) {
        // Then it runs.
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** Has units computed by one process after the other, usually the same. */
  private void feed() {
    WorkerProcess worker = null;
    try {
      for (Integer unit = waiting.poll(); unit != null && !stopped; unit = waiting.poll()) {
        for (int attempt = 1; ; attempt++) {
          try {
            if (worker == null) {
              worker = WorkerProcess.start(command, folder, threads, fingerprint);
              running.add(worker);
            }
            worker.compute(unit);
            break;
          } catch (WorkerLostException lost) {
            close(worker);
            worker = null;
            if (stopped) {
              return;
            }
            if (attempt == TRIES) {
              fail(
                  new ViditqException(
                      "A worker process ended twice while it computed unit "
                          + unit
                          + " of the work ("
                          + lost.getMessage()
                          + "); what is finished is kept, so give the command again, with fewer"
                          + " --workers if memory was short."));
              return;
            }
          }
        }
        synchronized (this) {
          done.run();
        }
      }
    } catch (UnitFailedException refused) {
      fail(new ViditqException(refused.getMessage()));
    } catch (IOException unstartable) {
      fail(
          new ViditqException(
              "A worker process cannot be started: " + unstartable.getMessage() + ".",
              unstartable));
    } finally {
      close(worker);
    }
  }

  private void close(WorkerProcess worker) {
    if (worker != null) {
      running.remove(worker);
      worker.close();
    }
  }

  private void fail(ViditqException reason) {
    synchronized (this) {
      if (failure == null && !stopped) {
        failure = reason;
      }
    }
    stop();
  }

  private void stop() {
    stopped = true;
    running.forEach(WorkerProcess::release);
    running.forEach(WorkerProcess::close);
  }
}
