package org.viditq.bench;

import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.viditq.core.operators.Activation;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.LinearInput;
import org.viditq.core.operators.Operators;

/** The quantized MLP of a block as it stands there: modulation before it, gated residual behind. */
public class FeedForwardBenchmark extends OperatorBenchmark {
  private static final float EPSILON = 1e-6f;

  @Param({"8", "4"})
  public int weightBits;

  private Supplier<?> call;

  @Override
  void bind(BackendState backend) {
    call = backend.bind(this::feedForward);
  }

  private <V> Supplier<V> feedForward(Operators<V> operators) {
    V x = operators.constant(workload().tokens());
    LinearInput<V> input =
        LinearInput.modulated(
            x,
            operators.constant(workload().modulation()),
            operators.constant(workload().modulation()),
            EPSILON);
    Epilogue<V> epilogue = Epilogue.gatedResidual(operators.constant(workload().modulation()), x);
    Linear up = operators.prepare(workload().quantized(LayerRole.UP, weightBits));
    Linear down = operators.prepare(workload().quantized(LayerRole.DOWN, weightBits));
    return () -> operators.feedForward(input, up, Activation.GELU_TANH, down, epilogue);
  }

  @Benchmark
  public Object feedForward() {
    return call.get();
  }
}
