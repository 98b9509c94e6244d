package org.viditq.bench;

import java.util.Optional;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.viditq.core.operators.Operators;

/** Self attention, without its projections. */
public class AttentionBenchmark extends OperatorBenchmark {
  private Supplier<?> call;

  @Override
  void bind(BackendState backend) {
    call = backend.bind(this::attention);
  }

  private <V> Supplier<V> attention(Operators<V> operators) {
    ModelSize size = workload().size();
    V q = operators.constant(workload().tokens());
    V k = operators.constant(workload().tokens());
    V v = operators.constant(workload().tokens());
    float scale = (float) (1 / Math.sqrt((double) size.hidden() / size.heads()));
    return () -> operators.attention(q, k, v, size.heads(), scale, Optional.empty());
  }

  @Benchmark
  public Object attention() {
    return call.get();
  }
}
