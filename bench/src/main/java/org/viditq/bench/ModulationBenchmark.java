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
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.LinearInput;
import org.viditq.core.operators.Operators;

/**
 * LayerNorm with modulation: on its own, and as the input of a quantized attention projection,
 * where a backend may quantize each row on the way.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@State(Scope.Benchmark)
public class ModulationBenchmark {
  private static final float EPSILON = 1e-6f;

  private Workload workload;
  private Supplier<?> modulation;
  private Supplier<?> modulatedLinear;

  @Setup(Level.Trial)
  public void prepare(BackendState backend, SizeState model) {
    workload = new Workload(model.size);
    modulation = backend.bind(this::modulation);
    modulatedLinear = backend.bind(this::modulatedLinear);
  }

  private <V> Supplier<V> modulation(Operators<V> operators) {
    V x = operators.constant(workload.tokens());
    V shift = operators.constant(workload.modulation());
    V scale = operators.constant(workload.modulation());
    return () -> operators.layerNormModulate(x, shift, scale, EPSILON);
  }

  private <V> Supplier<V> modulatedLinear(Operators<V> operators) {
    LinearInput<V> x =
        LinearInput.modulated(
            operators.constant(workload.tokens()),
            operators.constant(workload.modulation()),
            operators.constant(workload.modulation()),
            EPSILON);
    Linear projection = operators.prepare(workload.quantized(LayerRole.PROJECTION, 8));
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
