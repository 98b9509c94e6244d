package org.viditq.bench;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.viditq.core.operators.IntegerOperators;
import org.viditq.core.quant.ActivationQuantization;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.QuantizedActivations;
import org.viditq.core.tensor.Tensor;

/**
 * Dynamic token quantization of a layer's input to 8 bits, from a tensor on the Java heap to codes
 * there. Layers quantize in place: {@link QuantizedLinearBenchmark}.
 */
public class TokenQuantizationBenchmark extends OperatorBenchmark {
  private static final ActivationQuantization SCHEME =
      new ActivationQuantization.DynamicToken(IntegerFormat.asymmetric(8));

  @Param({"UP", "DOWN"})
  public LayerRole layer;

  private IntegerOperators integers;
  private Tensor x;

  @Override
  void bind(BackendState backend) {
    integers = backend.integers();
    x = workload().activations(layer.in(workload().size()));
  }

  @Benchmark
  public QuantizedActivations quantizeTokens() {
    return integers.quantize(x, SCHEME);
  }
}
