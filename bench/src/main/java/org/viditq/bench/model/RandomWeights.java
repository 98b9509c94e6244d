package org.viditq.bench.model;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.MemoryCheckpoint;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.Parameters;
import org.viditq.core.operators.ConvolutionParameters;
import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.operators.IdleOperators;
import org.viditq.core.operators.LinearParameters;
import org.viditq.core.operators.Operators;
import org.viditq.core.tensor.Tensor;

/**
 * Random weights of a model of any family and size: {@link RandomTensor}s under the names and in
 * the shapes that its definition asks for, which is found out by preparing it on operators that
 * compute nothing. Layers have biases.
 */
public final class RandomWeights implements Parameters {
  private final String prefix;
  private final Map<String, RandomTensor> tensors;

  private RandomWeights(String prefix, Map<String, RandomTensor> tensors) {
    this.prefix = prefix;
    this.tensors = tensors;
  }

  /** A checkpoint of the model; nothing of it is held. */
  public static Checkpoint of(DenoiserModel model) {
    return new MemoryCheckpoint("random weights of " + model.family(), tensorsOf(model));
  }

  /** The tensors of a denoiser. */
  public static List<RandomTensor> tensorsOf(DenoiserModel model) {
    return tensorsOf((parameters, operators) -> model.prepare(parameters, operators));
  }

  /**
   * The tensors of any model.
   *
   * @param definition prepares it
   */
  public static List<RandomTensor> tensorsOf(BiConsumer<Parameters, Operators<Object>> definition) {
    RandomWeights asked = new RandomWeights("", new LinkedHashMap<>());
    definition.accept(asked, new IdleOperators());
    return List.copyOf(asked.tensors.values());
  }

  /** False: a definition takes the first of the names that it knows. */
  @Override
  public boolean contains(String name) {
    return false;
  }

  @Override
  public Tensor tensor(String name, int... shape) {
    boolean norm = shape.length == 1 && name.endsWith("weight");
    add(norm ? RandomTensor.scale(prefix + name, shape) : RandomTensor.small(prefix + name, shape));
    return Tensor.zeros(shape);
  }

  @Override
  public StoredTensor stored(String name, int... shape) {
    return add(RandomTensor.small(prefix + name, shape));
  }

  @Override
  public LinearParameters linear(String name, int inFeatures, int outFeatures) {
    return new DenseLinearParameters(
        prefix + name, weight(name, outFeatures, inFeatures), bias(name, outFeatures));
  }

  @Override
  public ConvolutionParameters convolution(
      String name,
      int inChannels,
      int outChannels,
      int[] kernel,
      int[] stride,
      int[] padBefore,
      int[] padAfter) {
    int[] shape = ConvolutionParameters.weightShape(inChannels, outChannels, kernel);
    return new ConvolutionParameters(
        prefix + name, weight(name, shape), bias(name, outChannels), stride, padBefore, padAfter);
  }

  @Override
  public Parameters under(String below) {
    return new RandomWeights(prefix + below, tensors);
  }

  private RandomTensor weight(String layer, int... shape) {
    return add(RandomTensor.weight(prefix + layer + ".weight", shape));
  }

  private Optional<Tensor> bias(String layer, int features) {
    return Optional.of(tensor(layer + ".bias", features));
  }

  private RandomTensor add(RandomTensor tensor) {
    tensors.put(tensor.name(), tensor);
    return tensor;
  }
}
