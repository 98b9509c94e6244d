package org.viditq.core.operators;

import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.viditq.core.tensor.Tensor;

/**
 * Operators that lead every call that computes through one method. Calls reach the inner operators
 * as they are made: what several layers share stays shared, so results are to the bit the same.
 */
public abstract class InterceptingOperators<V> extends ForwardingOperators<V> {
  protected InterceptingOperators(Operators<V> inner) {
    super(inner);
  }

  /**
   * Makes a call, once.
   *
   * @param kind the operator, with the extents that its time depends on
   * @param layer qualified name of the layer that computes, the first one of several; empty if it
   *     is none
   * @param call gives the value, or a list of values
   */
  protected abstract <T> T intercept(String kind, String layer, Supplier<T> call);

  private <T> T intercept(String kind, Supplier<T> call) {
    return intercept(kind, "", call);
  }

  private <T> T intercept(String kind, List<Linear> layers, Supplier<T> call) {
    return intercept(kind, layers.isEmpty() ? "" : layers.get(0).parameters().name(), call);
  }

  private static String kind(Linear layer) {
    LinearParameters parameters = layer.parameters();
    String form =
        parameters instanceof QuantizedLinearParameters quantized
            ? "linear int" + quantized.sets().get(0).weight().grid().format().bits()
            : "linear";
    return form + " " + parameters.inFeatures() + " to " + parameters.outFeatures();
  }

  /** What {@link #intercept} calls the product of several layers with the same input. */
  protected static String kind(List<Linear> layers) {
    return layers.size() + " x " + (layers.isEmpty() ? "linear" : kind(layers.get(0)));
  }

  private static String kind(String operator, AttentionPrecision precision) {
    return precision == AttentionPrecision.FP32 ? operator : operator + " " + precision;
  }

  @Override
  public V constant(Tensor tensor) {
    return intercept("constant", () -> super.constant(tensor));
  }

  @Override
  public V table(PositionTable table) {
    return intercept("constant", () -> super.table(table));
  }

  @Override
  public V linear(V x, Linear layer, Epilogue<V> epilogue) {
    return intercept(
        kind(layer), layer.parameters().name(), () -> super.linear(x, layer, epilogue));
  }

  @Override
  public V linear(LinearInput<V> x, Linear layer, Epilogue<V> epilogue) {
    return intercept(
        kind(layer), layer.parameters().name(), () -> inner().linear(x, layer, epilogue));
  }

  @Override
  public List<V> linears(V x, List<Linear> layers) {
    return intercept(kind(layers), layers, () -> inner().linears(x, layers));
  }

  @Override
  public List<V> linears(LinearInput<V> x, List<Linear> layers) {
    return intercept(kind(layers), layers, () -> inner().linears(x, layers));
  }

  @Override
  public V feedForward(
      LinearInput<V> x, Linear up, Activation activation, Linear down, Epilogue<V> epilogue) {
    String kind = kind(up) + " to " + down.parameters().outFeatures();
    return intercept(
        kind, up.parameters().name(), () -> inner().feedForward(x, up, activation, down, epilogue));
  }

  @Override
  public V selfAttention(
      LinearInput<V> x,
      List<Linear> projections,
      int heads,
      float scale,
      AttentionPrecision precision) {
    return intercept(
        "self attention of " + kind(projections),
        projections,
        () -> inner().selfAttention(x, projections, heads, scale, precision));
  }

  /** {@link #feedForward} as the calls that define it, each of them intercepted. */
  protected final V feedForwardInParts(
      LinearInput<V> x, Linear up, Activation activation, Linear down, Epilogue<V> epilogue) {
    return super.feedForward(x, up, activation, down, epilogue);
  }

  /** {@link #selfAttention} as the calls that define it, each of them intercepted. */
  protected final V selfAttentionInParts(
      LinearInput<V> x,
      List<Linear> projections,
      int heads,
      float scale,
      AttentionPrecision precision) {
    return super.selfAttention(x, projections, heads, scale, precision);
  }

  @Override
  public V convolution(V x, Convolution layer) {
    return intercept("convolution", layer.parameters().name(), () -> super.convolution(x, layer));
  }

  @Override
  public V layerNorm(V x, Optional<V> gamma, Optional<V> beta, float eps) {
    return intercept("layerNorm", () -> super.layerNorm(x, gamma, beta, eps));
  }

  @Override
  public V layerNormModulate(V x, V shift, V scale, float eps) {
    return intercept("layerNormModulate", () -> super.layerNormModulate(x, shift, scale, eps));
  }

  @Override
  public V rmsNorm(V x, V weight, float eps) {
    return intercept("rmsNorm", () -> super.rmsNorm(x, weight, eps));
  }

  @Override
  public V groupNorm(V x, V gamma, V beta, int groups, float eps) {
    return intercept("groupNorm", () -> super.groupNorm(x, gamma, beta, groups, eps));
  }

  @Override
  public V activate(V x, Activation activation) {
    return intercept("activate", () -> super.activate(x, activation));
  }

  @Override
  public V add(V a, V b) {
    return intercept("add", () -> super.add(a, b));
  }

  @Override
  public V multiply(V a, V b) {
    return intercept("multiply", () -> super.multiply(a, b));
  }

  @Override
  public V scale(V x, float factor) {
    return intercept("scale", () -> super.scale(x, factor));
  }

  @Override
  public V attention(
      V q, V k, V v, int heads, float scale, Optional<V> bias, AttentionPrecision precision) {
    String kind = kind("attention", precision) + " " + shape(q).dim(1) + " to " + shape(k).dim(1);
    return intercept(kind, () -> super.attention(q, k, v, heads, scale, bias, precision));
  }

  @Override
  public V attentionPacked(
      V q, V k, V v, int heads, float scale, int[] lengths, AttentionPrecision precision) {
    return intercept(
        kind("attentionPacked", precision),
        () -> super.attentionPacked(q, k, v, heads, scale, lengths, precision));
  }

  @Override
  public V rotary(V x, V cos, V sin) {
    return intercept("rotary", () -> super.rotary(x, cos, sin));
  }

  @Override
  public V embedding(V table, int[] indices) {
    return intercept("embedding", () -> super.embedding(table, indices));
  }

  @Override
  public V embeddingOf(V table, V indices) {
    return intercept("embedding", () -> super.embeddingOf(table, indices));
  }

  @Override
  public V timestepEmbedding(V timesteps, int dimension, boolean flip, float shift) {
    return intercept(
        "timestepEmbedding", () -> super.timestepEmbedding(timesteps, dimension, flip, shift));
  }

  @Override
  public V patchEmbedding(V x, Convolution projection) {
    return intercept(
        "patchEmbedding",
        projection.parameters().name(),
        () -> super.patchEmbedding(x, projection));
  }

  @Override
  public V reshape(V x, int... dims) {
    return intercept("reshape", () -> super.reshape(x, dims));
  }

  @Override
  public V permute(V x, int... permutation) {
    return intercept("permute", () -> super.permute(x, permutation));
  }

  @Override
  public V concat(List<V> parts, int axis) {
    return intercept("concat", () -> super.concat(parts, axis));
  }

  @Override
  public V slice(V x, int axis, int from, int to) {
    return intercept("slice", () -> super.slice(x, axis, from, to));
  }

  @Override
  public V broadcast(V x, int... dims) {
    return intercept("broadcast", () -> super.broadcast(x, dims));
  }

  @Override
  public V upsampleNearest2x(V x) {
    return intercept("upsampleNearest2x", () -> super.upsampleNearest2x(x));
  }
}
