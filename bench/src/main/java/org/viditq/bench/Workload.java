package org.viditq.bench;

import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.operators.ConvolutionParameters;
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

  static final int LATENT_CHANNELS = 4;

  private final Random random = new Random(1);
  private final ModelSize size;

  Workload(ModelSize size) {
    this.size = size;
  }

  ModelSize size() {
    return size;
  }

  /** [B, N, hidden]: what goes from block to block. */
  Tensor tokens() {
    return activations(size.hidden());
  }

  /** [B, N, channels]. */
  Tensor activations(int channels) {
    return normal(1f, BATCH, size.tokens(), channels);
  }

  /** A shift, scale or gate of adaLN, [B, 1, hidden]. */
  Tensor modulation() {
    return normal(0.1f, BATCH, 1, size.hidden());
  }

  /** [batch, channels, H, W] at the extents of the latent. */
  Tensor latent(int batch, int channels) {
    return normal(1f, batch, channels, size.latent(), size.latent());
  }

  DenseLinearParameters dense(LayerRole layer) {
    return new DenseLinearParameters(
        "dense", weight(layer), Optional.of(Tensor.zeros(layer.out(size))));
  }

  /** Token-wise dynamic activations of 8 bits, asymmetric. */
  QuantizedLinearParameters quantized(LayerRole layer, int weightBits) {
    WeightSet set =
        new WeightSet(
            TimestepRange.ALL,
            new WeightQuantizer()
                .quantize(weight(layer), Optional.empty(), IntegerFormat.asymmetric(weightBits)),
            Optional.empty(),
            new ActivationQuantization.DynamicToken(IntegerFormat.asymmetric(8)));
    return new QuantizedLinearParameters(
        "quantized", List.of(set), Optional.of(Tensor.zeros(layer.out(size))));
  }

  /** 3x3 with as many output as input channels; the extents stay. */
  ConvolutionParameters decoderConvolution() {
    int channels = size.vaeChannels();
    return convolution(3, channels, channels, 1, 1);
  }

  /** Patches of the latent to tokens. */
  ConvolutionParameters patchProjection() {
    return convolution(ModelSize.PATCH, LATENT_CHANNELS, size.hidden(), ModelSize.PATCH, 0);
  }

  private ConvolutionParameters convolution(int kernel, int in, int out, int stride, int padding) {
    Tensor weight =
        normal((float) (1 / Math.sqrt((double) in * kernel * kernel)), out, in, kernel, kernel);
    int[] pad = {padding, padding};
    return new ConvolutionParameters(
        "convolution",
        MemoryTensor.of("weight", weight),
        Optional.of(Tensor.zeros(out)),
        new int[] {stride, stride},
        pad,
        pad);
  }

  private StoredTensor weight(LayerRole layer) {
    int in = layer.in(size);
    return MemoryTensor.of("weight", normal((float) (1 / Math.sqrt(in)), layer.out(size), in));
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
