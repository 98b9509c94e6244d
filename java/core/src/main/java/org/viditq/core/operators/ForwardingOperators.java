package org.viditq.core.operators;

import java.util.List;
import java.util.Optional;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/**
 * Operators that pass every call on to others; a base for those that look at or change a few calls.
 * {@code linears}, {@code feedForward}, {@code selfAttention} and layers on a {@link LinearInput}
 * are deliberately left to their defaults, one {@link #linear} per layer, so that whoever overrides
 * {@code linear} sees every layer and its input.
 */
public abstract class ForwardingOperators<V> implements Operators<V> {
  private final Operators<V> inner;

  protected ForwardingOperators(Operators<V> inner) {
    this.inner = inner;
  }

  /** Where the calls go. */
  protected final Operators<V> inner() {
    return inner;
  }

  @Override
  public V constant(Tensor tensor) {
    return inner.constant(tensor);
  }

  @Override
  public V table(PositionTable table) {
    return inner.table(table);
  }

  @Override
  public Tensor read(V value) {
    return inner.read(value);
  }

  @Override
  public boolean computesAtOnce() {
    return inner.computesAtOnce();
  }

  @Override
  public Shape shape(V value) {
    return inner.shape(value);
  }

  @Override
  public Scope<V> scope() {
    return inner.scope();
  }

  @Override
  public Linear prepare(LinearParameters parameters) {
    return inner.prepare(parameters);
  }

  @Override
  public Convolution prepare(ConvolutionParameters parameters) {
    return inner.prepare(parameters);
  }

  @Override
  public void selectTimestep(double timestep) {
    inner.selectTimestep(timestep);
  }

  @Override
  public V linear(V x, Linear layer, Epilogue<V> epilogue) {
    return inner.linear(x, layer, epilogue);
  }

  @Override
  public V convolution(V x, Convolution layer) {
    return inner.convolution(x, layer);
  }

  @Override
  public V layerNorm(V x, Optional<V> gamma, Optional<V> beta, float eps) {
    return inner.layerNorm(x, gamma, beta, eps);
  }

  @Override
  public V layerNormModulate(V x, V shift, V scale, float eps) {
    return inner.layerNormModulate(x, shift, scale, eps);
  }

  @Override
  public V rmsNorm(V x, V weight, float eps) {
    return inner.rmsNorm(x, weight, eps);
  }

  @Override
  public V groupNorm(V x, V gamma, V beta, int groups, float eps) {
    return inner.groupNorm(x, gamma, beta, groups, eps);
  }

  @Override
  public V activate(V x, Activation activation) {
    return inner.activate(x, activation);
  }

  @Override
  public V add(V a, V b) {
    return inner.add(a, b);
  }

  @Override
  public V multiply(V a, V b) {
    return inner.multiply(a, b);
  }

  @Override
  public V scale(V x, float factor) {
    return inner.scale(x, factor);
  }

  @Override
  public V attention(
      V q, V k, V v, int heads, float scale, Optional<V> bias, AttentionPrecision precision) {
    return inner.attention(q, k, v, heads, scale, bias, precision);
  }

  @Override
  public V attentionPacked(
      V q, V k, V v, int heads, float scale, int[] lengths, AttentionPrecision precision) {
    return inner.attentionPacked(q, k, v, heads, scale, lengths, precision);
  }

  @Override
  public V rotary(V x, V cos, V sin) {
    return inner.rotary(x, cos, sin);
  }

  @Override
  public V embedding(V table, int[] indices) {
    return inner.embedding(table, indices);
  }

  @Override
  public V embeddingOf(V table, V indices) {
    return inner.embeddingOf(table, indices);
  }

  @Override
  public V timestepEmbedding(V timesteps, int dimension, boolean flip, float shift) {
    return inner.timestepEmbedding(timesteps, dimension, flip, shift);
  }

  @Override
  public V patchEmbedding(V x, Convolution projection) {
    return inner.patchEmbedding(x, projection);
  }

  @Override
  public V reshape(V x, int... dims) {
    return inner.reshape(x, dims);
  }

  @Override
  public V permute(V x, int... permutation) {
    return inner.permute(x, permutation);
  }

  @Override
  public V concat(List<V> parts, int axis) {
    return inner.concat(parts, axis);
  }

  @Override
  public V slice(V x, int axis, int from, int to) {
    return inner.slice(x, axis, from, to);
  }

  @Override
  public V broadcast(V x, int... dims) {
    return inner.broadcast(x, dims);
  }

  @Override
  public V upsampleNearest2x(V x) {
    return inner.upsampleNearest2x(x);
  }

  @Override
  public void releaseIdleMemory() {
    inner.releaseIdleMemory();
  }

  @Override
  public void close() {
    inner.close();
  }
}
