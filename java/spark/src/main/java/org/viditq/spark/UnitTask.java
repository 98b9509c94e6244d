package org.viditq.spark;

import java.util.Map;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.broadcast.Broadcast;
import org.viditq.core.workers.ClusterJob;
import org.viditq.core.workers.UnitFailedException;

/** A unit as an executor computes it. */
final class UnitTask implements Function<Integer, UnitResult> {
  private static final long serialVersionUID = 1;

  private final ClusterJob job;
  private final Broadcast<Map<String, byte[]>> shared;
  private final int threads;

  /**
   * @param shared results that units take up, by the names of their files
   * @param threads of a worker process
   */
  UnitTask(ClusterJob job, Broadcast<Map<String, byte[]>> shared, int threads) {
    this.job = job;
    this.shared = shared;
    this.threads = threads;
  }

  /** A unit that cannot be computed is an answer; a worker that is lost is tried by Spark again. */
  @Override
  public UnitResult call(Integer unit) throws Exception {
    try {
      return ExecutorWorkers.of(job, shared::value, threads).compute(unit);
    } catch (UnitFailedException refused) {
      return new UnitResult("", new byte[0], refused.getMessage());
    }
  }
}
