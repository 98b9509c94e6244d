package org.viditq.bench.gemm;

import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.operators.LinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.ActivationQuantization.DynamicToken;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.TimestepRange;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.weight.WeightQuantizer;

/** What a shape's product is computed of: normally distributed values, the same in every run. */
final class Operands {
  private final GemmShape shape;
  private final Tensor x;
  private final Tensor weight;
  private final Tensor bias;

  Operands(GemmShape shape) {
    Random random = new Random(1);
    this.shape = shape;
    this.x = normal(random, 1, shape.rows(), shape.inner());
    this.weight = normal(random, 1 / Math.sqrt(shape.inner()), shape.channels(), shape.inner());
    this.bias = normal(random, 1, shape.channels());
  }

  GemmShape shape() {
    return shape;
  }

  /** [rows, inner]. */
  Tensor x() {
    return x;
  }

  /** [channels, inner]. */
  Tensor weight() {
    return weight;
  }

  /** [channels]. */
  Tensor bias() {
    return bias;
  }

  LinearParameters dense() {
    return new DenseLinearParameters("dense", MemoryTensor.of("weight", weight), Optional.of(bias));
  }

  /** Asymmetric weights and 8-bit activations, a scale per channel and per token. */
  LinearParameters quantized(int weightBits) {
    WeightSet set =
        new WeightSet(
            TimestepRange.ALL,
            new WeightQuantizer()
                .quantize(
                    MemoryTensor.of("weight", weight),
                    Optional.empty(),
                    IntegerFormat.asymmetric(weightBits)),
            Optional.empty(),
            new DynamicToken(IntegerFormat.asymmetric(8)));
    return new QuantizedLinearParameters("w" + weightBits, List.of(set), Optional.of(bias));
  }

  private static Tensor normal(Random random, double deviation, int... dims) {
    Tensor tensor = Tensor.zeros(dims);
    float[] values = tensor.data();
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (deviation * random.nextGaussian());
    }
    return tensor;
  }
}
