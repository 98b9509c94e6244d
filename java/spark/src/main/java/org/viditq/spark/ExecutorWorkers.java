package org.viditq.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;
import org.viditq.core.workers.ClusterJob;
import org.viditq.core.workers.UnitFailedException;
import org.viditq.core.workers.WorkerLostException;
import org.viditq.core.workers.WorkerProcess;

/**
 * The worker processes of one job beside an executor: as many as it has had tasks at a time. They
 * end with it. What they keep lies in a folder of their own.
 */
final class ExecutorWorkers {
  /** How often a unit is tried here before Spark tries it elsewhere. */
  private static final int TRIES = 2;

  private static final Map<ClusterJob, ExecutorWorkers> JOBS = new ConcurrentHashMap<>();

  private final ClusterJob job;
  private final int threads;
  private final Path folder;
  private final PartFiles parts;
  private final Queue<WorkerProcess> idle = new ConcurrentLinkedQueue<>();

  private ExecutorWorkers(ClusterJob job, Map<String, byte[]> shared, int threads) {
    this.job = job;
    this.threads = threads;
    try {
      this.folder = Files.createTempDirectory("viditq-executor-");
      this.parts = new PartFiles(folder);
      for (Map.Entry<String, byte[]> part : shared.entrySet()) {
        parts.write(part.getKey(), part.getValue());
      }
    } catch (IOException unwritable) {
      throw new UncheckedIOException(unwritable);
    }
    Runtime.getRuntime().addShutdownHook(new Thread(this::end, "end of workers"));
  }

  /** Those of a job in this process. */
  static ExecutorWorkers of(ClusterJob job, Supplier<Map<String, byte[]>> shared, int threads) {
    return JOBS.computeIfAbsent(job, one -> new ExecutorWorkers(one, shared.get(), threads));
  }

  /**
   * Computes a unit.
   *
   * @throws WorkerLostException if workers end over it
   */
  UnitResult compute(int unit) throws IOException, UnitFailedException {
    for (int attempt = 1; ; attempt++) {
      WorkerProcess worker = null;
      try {
        worker = idle.poll();
        if (worker == null) {
          worker = WorkerProcess.start(job.command(), folder, threads, job.fingerprint());
        }
        String name = worker.compute(unit);
        UnitResult result = new UnitResult(name, parts.take(name), "");
        idle.add(worker);
        return result;
      } catch (WorkerLostException lost) {
        if (worker != null) {
          worker.close();
        }
        if (attempt == TRIES) {
          throw lost;
        }
      } catch (UnitFailedException refused) {
        if (worker != null) {
          idle.add(worker);
        }
        throw refused;
      }
    }
  }

  private void end() {
    parts.deleteAll();
    idle.forEach(WorkerProcess::release);
    idle.forEach(WorkerProcess::close);
    parts.deleteAll();
  }
}
