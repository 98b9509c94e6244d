package org.viditq.bench;

import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.Operators;

/** A quantized linear layer: token quantization, integer product, epilogue. */
public class QuantizedLinearBenchmark extends OperatorBenchmark {
  @Param({"8", "4"})
  public int weightBits;

  @Param public LayerRole layer;

  private Supplier<?> call;

  @Override
  void bind(BackendState backend) {
    call = backend.bind(this::quantizedLinear);
  }

  private <V> Supplier<V> quantizedLinear(Operators<V> operators) {
    V x = operators.constant(workload().activations(layer.in(workload().size())));
    Linear prepared = operators.prepare(workload().quantized(layer, weightBits));
    return () -> operators.linear(x, prepared);
  }

  @Benchmark
  public Object quantizedLinear() {
    return call.get();
  }
}
