package org.viditq.cpp;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.LinearLayer;
import org.viditq.core.model.Parameters;
import org.viditq.core.operators.ConvolutionParameters;
import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.operators.LinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.ActivationQuantization.DynamicToken;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.quant.TimestepRange;
import org.viditq.core.tensor.Tensor;

/**
 * Random weights of any model.
 *
 * @param quantized names of the layers that are W8A8
 */
record RandomParameters(String prefix, Set<String> quantized) implements Parameters {

  /**
   * @param quantized whether the layers are quantized that are so by default
   */
  static RandomParameters of(DenoiserModel model, boolean quantized) {
    return new RandomParameters(
        "",
        model.linearLayers().stream()
            .filter(layer -> quantized && layer.quantizedByDefault())
            .map(LinearLayer::name)
            .collect(Collectors.toSet()));
  }

  static Tensor random(String seed, int... dims) {
    Random random = new Random(seed.hashCode());
    Tensor tensor = Tensor.zeros(dims);
    for (int i = 0; i < tensor.size(); i++) {
      tensor.data()[i] = 0.05f * (float) random.nextGaussian();
    }
    return tensor;
  }

  private Tensor random(int... dims) {
    return random(prefix, dims);
  }

  @Override
  public boolean contains(String name) {
    return true;
  }

  @Override
  public Tensor tensor(String name, int... shape) {
    return random(shape);
  }

  @Override
  public StoredTensor stored(String name, int... shape) {
    return MemoryTensor.of(name, random(shape));
  }

  @Override
  public LinearParameters linear(String name, int in, int out) {
    Optional<Tensor> bias = Optional.of(random(out));
    if (!quantized.contains(prefix + name)) {
      return new DenseLinearParameters(prefix + name, MemoryTensor.of(name, random(out, in)), bias);
    }
    byte[] codes = new byte[out * in];
    new Random(name.hashCode()).nextBytes(codes);
    float[] scale = new float[out];
    int[] zeroPoint = new int[out];
    Arrays.fill(scale, 0.0005f);
    Arrays.fill(zeroPoint, 128);
    QuantizedWeight weight =
        new QuantizedWeight(
            new ByteCodes(out, in, codes),
            new AffineGrid(IntegerFormat.asymmetric(8), scale, zeroPoint));
    WeightSet set =
        new WeightSet(
            TimestepRange.ALL,
            weight,
            Optional.empty(),
            new DynamicToken(IntegerFormat.asymmetric(8)));
    return new QuantizedLinearParameters(prefix + name, List.of(set), bias);
  }

  @Override
  public ConvolutionParameters convolution(
      String name, int in, int out, int[] kernel, int[] stride, int[] before, int[] after) {
    return new ConvolutionParameters(
        prefix + name,
        MemoryTensor.of(name, random(ConvolutionParameters.weightShape(in, out, kernel))),
        Optional.of(random(out)),
        stride,
        before,
        after);
  }

  @Override
  public Parameters under(String below) {
    return new RandomParameters(prefix + below, quantized);
  }
}
