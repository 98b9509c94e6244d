package org.viditq.bench.roofline;

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

/** Small layers with biases, and values for them. */
final class Layers {
  private Layers() {}

  static Tensor normal(long seed, int... dims) {
    Random random = new Random(seed);
    Tensor tensor = Tensor.zeros(dims);
    for (int i = 0; i < tensor.size(); i++) {
      tensor.data()[i] = (float) random.nextGaussian();
    }
    return tensor;
  }

  static LinearParameters dense(String name, int in, int out) {
    return new DenseLinearParameters(
        name, MemoryTensor.of(name, normal(in, out, in)), Optional.of(normal(out, out)));
  }

  /** 8-bit activations with a grid per token. */
  static LinearParameters quantized(String name, int in, int out, int weightBits) {
    WeightSet set =
        new WeightSet(
            TimestepRange.ALL,
            new WeightQuantizer()
                .quantize(
                    MemoryTensor.of(name, normal(in, out, in)),
                    Optional.empty(),
                    IntegerFormat.asymmetric(weightBits)),
            Optional.empty(),
            new DynamicToken(IntegerFormat.asymmetric(8)));
    return new QuantizedLinearParameters(name, List.of(set), Optional.of(normal(out, out)));
  }
}
