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
import org.viditq.core.operators.IntegerOperators;
import org.viditq.core.quant.ActivationQuantization;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.QuantizedActivations;
import org.viditq.core.tensor.Tensor;

/**
 * Dynamic token quantization of a layer's input to 8 bits, from a tensor on the Java heap to codes
 * there. Layers quantize in place: {@link QuantizedLinearBenchmark}.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@State(Scope.Benchmark)
public class TokenQuantizationBenchmark {
  private static final ActivationQuantization SCHEME =
      new ActivationQuantization.DynamicToken(IntegerFormat.asymmetric(8));

  @Param({"UP", "DOWN"})
  public LayerRole layer;

  private IntegerOperators integers;
  private Tensor x;

  @Setup(Level.Trial)
  public void prepare(BackendState backend, SizeState model) {
    integers = backend.integers();
    x = new Workload(model.size).activations(layer.in(model.size));
  }

  @Benchmark
  public QuantizedActivations quantizeTokens() {
    return integers.quantize(x, SCHEME);
  }
}
