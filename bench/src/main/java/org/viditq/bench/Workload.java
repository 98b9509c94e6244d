package org.viditq.bench;

import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.ActivationQuantization;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.TimestepRange;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.weight.WeightQuantizer;

/** Operands with normally distributed values, the same in every run. */
final class Workload {
  /** Classifier-free guidance: the conditional and the unconditional sample. */
  static final int BATCH = 2;

  static final int TOKENS = 64;
  static final int HIDDEN = 192;
  static final int HEADS = 6;

  private final Random random = new Random(1);

  Tensor activations(int channels) {
    return normal(1f, BATCH, TOKENS, channels);
  }

  DenseLinearParameters dense(int in, int out) {
    return new DenseLinearParameters("dense", weight(in, out), Optional.of(Tensor.zeros(out)));
  }

  /** Token-wise dynamic activations of 8 bits, asymmetric. */
  QuantizedLinearParameters quantized(int in, int out, int weightBits) {
    WeightSet set =
        new WeightSet(
            TimestepRange.ALL,
            new WeightQuantizer()
                .quantize(weight(in, out), Optional.empty(), IntegerFormat.asymmetric(weightBits)),
            Optional.empty(),
            new ActivationQuantization.DynamicToken(IntegerFormat.asymmetric(8)));
    return new QuantizedLinearParameters("quantized", List.of(set), Optional.of(Tensor.zeros(out)));
  }

  private StoredTensor weight(int in, int out) {
    return MemoryTensor.of("weight", normal((float) (1 / Math.sqrt(in)), out, in));
  }

  private Tensor normal(float deviation, int... dims) {
    Shape shape = Shape.of(dims);
    float[] values = new float[shape.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = deviation * (float) random.nextGaussian();
    }
    return Tensor.of(shape, values);
  }
}
