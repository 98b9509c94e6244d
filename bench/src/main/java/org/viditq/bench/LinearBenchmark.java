package org.viditq.bench;

import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.Operators;

/** A full-precision linear layer. */
public class LinearBenchmark extends OperatorBenchmark {
  @Param public LayerRole layer;

  private Supplier<?> call;

  @Override
  void bind(BackendState backend) {
    call = backend.bind(this::linear);
  }

  private <V> Supplier<V> linear(Operators<V> operators) {
    V x = operators.constant(workload().activations(layer.in(workload().size())));
    Linear prepared = operators.prepare(workload().dense(layer));
    return () -> operators.linear(x, prepared);
  }

  @Benchmark
  public Object linear() {
    return call.get();
  }
}
