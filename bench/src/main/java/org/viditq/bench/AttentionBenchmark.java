package org.viditq.bench;

import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
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
import org.viditq.core.operators.Operators;

/** Self attention, without its projections. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@State(Scope.Benchmark)
public class AttentionBenchmark {
  private Workload workload;
  private Supplier<?> call;

  @Setup(Level.Trial)
  public void prepare(BackendState backend, SizeState model) {
    workload = new Workload(model.size);
    call = backend.bind(this::attention);
  }

  private <V> Supplier<V> attention(Operators<V> operators) {
    ModelSize size = workload.size();
    V q = operators.constant(workload.tokens());
    V k = operators.constant(workload.tokens());
    V v = operators.constant(workload.tokens());
    float scale = (float) (1 / Math.sqrt((double) size.hidden() / size.heads()));
    return () -> operators.attention(q, k, v, size.heads(), scale, Optional.empty());
  }

  @Benchmark
  public Object attention() {
    return call.get();
  }
}
