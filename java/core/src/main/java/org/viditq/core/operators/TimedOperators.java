package org.viditq.core.operators;

import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.viditq.core.tensor.Tensor;

/** Operators whose calls are timed one by one; for backends that compute at once. */
public final class TimedOperators<V> extends ForwardingOperators<V> {
  private final OperatorProfile profile;

  /**
   * @param profile takes what is measured, beside what it holds
   */
  public TimedOperators(Operators<V> inner, OperatorProfile profile) {
    super(inner);
    this.profile = profile;
  }

  private <T> T timed(String kind, Supplier<T> call) {
    long start = System.nanoTime();
    T result = call.get();
    profile.add(kind, System.nanoTime() - start);
    return result;
  }

  private static String kind(Linear layer) {
    LinearParameters parameters = layer.parameters();
    String form =
        parameters instanceof QuantizedLinearParameters quantized
            ? "linear int" + quantized.sets().get(0).weight().grid().format().bits()
            : "linear";
    return form + " " + parameters.inFeatures() + " to " + parameters.outFeatures();
  }

  private static String kind(List<Linear> layers) {
    return layers.size() + " x " + kind(layers.get(0));
  }

  @Override
  public V constant(Tensor tensor) {
    return timed("constant", () -> super.constant(tensor));
  }

  @Override
  public Tensor read(V value) {
    return timed("read", () -> super.read(value));
  }

  @Override
  public V linear(V x, Linear layer, Epilogue<V> epilogue) {
    return timed(kind(layer), () -> super.linear(x, layer, epilogue));
  }

  // What these share between layers stays shared: they go to the inner operators as they are.

  @Override
  public V linear(LinearInput<V> x, Linear layer, Epilogue<V> epilogue) {
    return timed(kind(layer), () -> inner().linear(x, layer, epilogue));
  }

  @Override
  public List<V> linears(V x, List<Linear> layers) {
    return timed(kind(layers), () -> inner().linears(x, layers));
  }

  @Override
  public List<V> linears(LinearInput<V> x, List<Linear> layers) {
    return timed(kind(layers), () -> inner().linears(x, layers));
  }

  @Override
  public V feedForward(
      LinearInput<V> x, Linear up, Activation activation, Linear down, Epilogue<V> epilogue) {
    String kind = kind(up) + " to " + down.parameters().outFeatures();
    return timed(kind, () -> inner().feedForward(x, up, activation, down, epilogue));
  }

  /** In its parts, with the same result: which of them takes the time is what a profile tells. */
  @Override
  public V selfAttention(LinearInput<V> x, List<Linear> projections, int heads, float scale) {
    return super.selfAttention(x, projections, heads, scale);
  }

  @Override
  public V convolution(V x, Convolution layer) {
    return timed("convolution", () -> super.convolution(x, layer));
  }

  @Override
  public V layerNorm(V x, Optional<V> gamma, Optional<V> beta, float eps) {
    return timed("layerNorm", () -> super.layerNorm(x, gamma, beta, eps));
  }

  @Override
  public V layerNormModulate(V x, V shift, V scale, float eps) {
    return timed("layerNormModulate", () -> super.layerNormModulate(x, shift, scale, eps));
  }

  @Override
  public V rmsNorm(V x, V weight, float eps) {
    return timed("rmsNorm", () -> super.rmsNorm(x, weight, eps));
  }

  @Override
  public V groupNorm(V x, V gamma, V beta, int groups, float eps) {
    return timed("groupNorm", () -> super.groupNorm(x, gamma, beta, groups, eps));
  }

  @Override
  public V activate(V x, Activation activation) {
    return timed("activate", () -> super.activate(x, activation));
  }

  @Override
  public V add(V a, V b) {
    return timed("add", () -> super.add(a, b));
  }

  @Override
  public V multiply(V a, V b) {
    return timed("multiply", () -> super.multiply(a, b));
  }

  @Override
  public V scale(V x, float factor) {
    return timed("scale", () -> super.scale(x, factor));
  }

  @Override
  public V attention(V q, V k, V v, int heads, float scale, Optional<V> bias) {
    String kind = "attention " + shape(q).dim(1) + " to " + shape(k).dim(1);
    return timed(kind, () -> super.attention(q, k, v, heads, scale, bias));
  }

  @Override
  public V attentionPacked(V q, V k, V v, int heads, float scale, int[] lengths) {
    return timed("attentionPacked", () -> super.attentionPacked(q, k, v, heads, scale, lengths));
  }

  @Override
  public V rotary(V x, V cos, V sin) {
    return timed("rotary", () -> super.rotary(x, cos, sin));
  }

  @Override
  public V embedding(V table, int[] indices) {
    return timed("embedding", () -> super.embedding(table, indices));
  }

  @Override
  public V timestepEmbedding(V timesteps, int dimension, boolean flip, float shift) {
    return timed(
        "timestepEmbedding", () -> super.timestepEmbedding(timesteps, dimension, flip, shift));
  }

  @Override
  public V patchEmbedding(V x, Convolution projection) {
    return timed("patchEmbedding", () -> super.patchEmbedding(x, projection));
  }

  @Override
  public V reshape(V x, int... dims) {
    return timed("reshape", () -> super.reshape(x, dims));
  }

  @Override
  public V permute(V x, int... permutation) {
    return timed("permute", () -> super.permute(x, permutation));
  }

  @Override
  public V concat(List<V> parts, int axis) {
    return timed("concat", () -> super.concat(parts, axis));
  }

  @Override
  public V slice(V x, int axis, int from, int to) {
    return timed("slice", () -> super.slice(x, axis, from, to));
  }

  @Override
  public V broadcast(V x, int... dims) {
    return timed("broadcast", () -> super.broadcast(x, dims));
  }

  @Override
  public V upsampleNearest2x(V x) {
    return timed("upsampleNearest2x", () -> super.upsampleNearest2x(x));
  }
}
