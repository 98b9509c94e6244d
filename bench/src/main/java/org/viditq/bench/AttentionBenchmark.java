package org.viditq.bench;

import java.util.Optional;
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
import org.viditq.core.tensor.Tensor;

/** Self attention of [2, 64, 192] with 6 heads, without its projections. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@State(Scope.Benchmark)
public class AttentionBenchmark {
  private static final float SCALE =
      (float) (1 / Math.sqrt((double) Workload.HIDDEN / Workload.HEADS));

  private Tensor q;
  private Tensor k;
  private Tensor v;

  @Setup(Level.Trial)
  public void prepare() {
    Workload workload = new Workload();
    q = workload.activations(Workload.HIDDEN);
    k = workload.activations(Workload.HIDDEN);
    v = workload.activations(Workload.HIDDEN);
  }

  @Benchmark
  public Tensor attention(ReferenceState reference) {
    return reference.operators.attention(q, k, v, Workload.HEADS, SCALE, Optional.empty());
  }
}
