package org.viditq.core.model;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.operators.ConvolutionParameters;
import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.operators.LinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.tensor.Tensor;

/** Other parameters with some linear layers replaced by their quantized form. */
public final class QuantizedParameters implements Parameters {
  private final Parameters base;
  private final Map<String, QuantizedLinearParameters> layers;
  private final AttentionPrecisions attention;
  private final String prefix;
  private final Set<String> used;

  /**
   * @param base everything that is not quantized; need not hold the replaced layers
   * @param layers by qualified name, relative to {@code base}
   */
  public QuantizedParameters(Parameters base, Map<String, QuantizedLinearParameters> layers) {
    this(base, layers, AttentionPrecisions.FLOAT);
  }

  /** The same with attention in other precisions. */
  public QuantizedParameters(
      Parameters base,
      Map<String, QuantizedLinearParameters> layers,
      AttentionPrecisions attention) {
    this(base, Map.copyOf(layers), attention, "", ConcurrentHashMap.newKeySet());
    layers.keySet().forEach(layer -> base.leaveOut(layer + ".weight", layer + ".bias"));
  }

  private QuantizedParameters(
      Parameters base,
      Map<String, QuantizedLinearParameters> layers,
      AttentionPrecisions attention,
      String prefix,
      Set<String> used) {
    this.base = base;
    this.layers = layers;
    this.attention = attention;
    this.prefix = prefix;
    this.used = used;
  }

  /** Also true of {@code weight} and {@code bias} of a quantized layer that has them. */
  @Override
  public boolean contains(String name) {
    String qualified = prefix + name;
    if (qualified.endsWith(".weight") && layers.containsKey(layerOf(qualified))) {
      return true;
    }
    if (qualified.endsWith(".bias") && layers.containsKey(layerOf(qualified))) {
      return layers.get(layerOf(qualified)).bias().isPresent();
    }
    return base.contains(name);
  }

  private static String layerOf(String tensor) {
    return tensor.substring(0, tensor.lastIndexOf('.'));
  }

  @Override
  public Tensor tensor(String name, int... shape) {
    return base.tensor(name, shape);
  }

  @Override
  public StoredTensor stored(String name, int... shape) {
    return base.stored(name, shape);
  }

  @Override
  public LinearParameters linear(String name, int inFeatures, int outFeatures) {
    String layer = prefix + name;
    QuantizedLinearParameters quantized = layers.get(layer);
    if (quantized == null) {
      // What a plan leaves out takes little time, but more memory than quantized layers.
      LinearParameters found = base.linear(name, inFeatures, outFeatures);
      return found instanceof DenseLinearParameters dense ? dense.smaller() : found;
    }
    if (quantized.inFeatures() != inFeatures || quantized.outFeatures() != outFeatures) {
      throw new InvalidCheckpointException(
          "Quantized layer "
              + layer
              + " has shape ["
              + quantized.outFeatures()
              + ", "
              + quantized.inFeatures()
              + "], but the model's configuration needs ["
              + outFeatures
              + ", "
              + inFeatures
              + "].");
    }
    used.add(layer);
    return quantized;
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
    return base.convolution(name, inChannels, outChannels, kernel, stride, padBefore, padAfter);
  }

  @Override
  public AttentionPrecisions attention() {
    return attention;
  }

  @Override
  public void leaveOut(String... names) {
    base.leaveOut(names);
  }

  @Override
  public Parameters under(String prefix) {
    return new QuantizedParameters(
        base.under(prefix), layers, attention, this.prefix + prefix, used);
  }

  /** Quantized layers that the model has not asked for, sorted, and what else is unused. */
  @Override
  public List<String> unused() {
    return Stream.concat(
            layers.keySet().stream().filter(layer -> !used.contains(layer)).sorted(),
            base.unused().stream())
        .toList();
  }
}
