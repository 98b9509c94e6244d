package org.viditq.bench;

import java.util.concurrent.TimeUnit;
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
import org.viditq.core.tensor.Tensor;

/** A quantized linear layer on [2, 64, in]: token quantization, integer product, epilogue. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@State(Scope.Benchmark)
public class QuantizedLinearBenchmark {
  @Param({"8", "4"})
  public int weightBits;

  private Tensor x;
  private Linear layer;

  @Setup(Level.Trial)
  public void prepare(ReferenceState reference, LinearShape shape) {
    Workload workload = new Workload();
    x = workload.activations(shape.in());
    layer = reference.operators.prepare(workload.quantized(shape.in(), shape.out(), weightBits));
  }

  @Benchmark
  public Tensor quantizedLinear(ReferenceState reference) {
    return reference.operators.linear(x, layer);
  }
}
