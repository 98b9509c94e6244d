package org.viditq.bench;

import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.LinearInput;
import org.viditq.core.operators.Operators;

/**
 * LayerNorm with modulation: on its own, and as the input of a quantized attention projection,
 * where a backend may quantize each row on the way.
 */
public class ModulationBenchmark extends OperatorBenchmark {
  private static final float EPSILON = 1e-6f;

  private Supplier<?> modulation;
  private Supplier<?> modulatedLinear;

  @Override
  void bind(BackendState backend) {
    modulation = backend.bind(this::modulation);
    modulatedLinear = backend.bind(this::modulatedLinear);
  }

  private <V> Supplier<V> modulation(Operators<V> operators) {
    V x = operators.constant(workload().tokens());
    V shift = operators.constant(workload().modulation());
    V scale = operators.constant(workload().modulation());
    return () -> operators.layerNormModulate(x, shift, scale, EPSILON);
  }

  private <V> Supplier<V> modulatedLinear(Operators<V> operators) {
    LinearInput<V> x =
        LinearInput.modulated(
            operators.constant(workload().tokens()),
            operators.constant(workload().modulation()),
            operators.constant(workload().modulation()),
            EPSILON);
    Linear projection = operators.prepare(workload().quantized(LayerRole.PROJECTION, 8));
    return () -> operators.linear(x, projection, Epilogue.none());
  }

  @Benchmark
  public Object layerNormModulate() {
    return modulation.get();
  }

  @Benchmark
  public Object modulatedQuantizedLinear() {
    return modulatedLinear.get();
  }
}
