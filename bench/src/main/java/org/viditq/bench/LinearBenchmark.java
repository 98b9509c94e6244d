package org.viditq.bench;

import java.util.concurrent.TimeUnit;
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
import org.viditq.core.operators.Linear;
import org.viditq.core.tensor.Tensor;

/** A full-precision linear layer on [2, 64, in]. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@State(Scope.Benchmark)
public class LinearBenchmark {
  private Tensor x;
  private Linear layer;

  @Setup(Level.Trial)
  public void prepare(ReferenceState reference, LinearShape shape) {
    Workload workload = new Workload();
    x = workload.activations(shape.in());
    layer = reference.operators.prepare(workload.dense(shape.in(), shape.out()));
  }

  @Benchmark
  public Tensor linear(ReferenceState reference) {
    return reference.operators.linear(x, layer);
  }
}
