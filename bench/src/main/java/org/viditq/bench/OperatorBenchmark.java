package org.viditq.bench;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** How all benchmarks of operators are measured: the average time of a call, on one workload. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@State(Scope.Benchmark)
public abstract class OperatorBenchmark {
  private Workload workload;

  @Setup(Level.Trial)
  public void prepare(BackendState backend, SizeState model) {
    workload = new Workload(model.size);
    bind(backend);
  }

  /** Brings the operands to the backend, once per trial. */
  abstract void bind(BackendState backend);

  final Workload workload() {
    return workload;
  }
}
