package org.viditq.bench;

import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.Operators;

/** A full-precision linear layer. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@State(Scope.Benchmark)
public class LinearBenchmark {
  @Param public LayerRole layer;

  private Workload workload;
  private Supplier<?> call;

  @Setup(Level.Trial)
  public void prepare(BackendState backend, SizeState model) {
    workload = new Workload(model.size);
    call = backend.bind(this::linear);
  }

  private <V> Supplier<V> linear(Operators<V> operators) {
    V x = operators.constant(workload.activations(layer.in(workload.size())));
    Linear prepared = operators.prepare(workload.dense(layer));
    return () -> operators.linear(x, prepared);
  }

  @Benchmark
  public Object linear() {
    return call.get();
  }
}
