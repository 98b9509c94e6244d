package org.viditq.core.operators;

import java.util.List;
import java.util.Optional;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/**
 * Operators that compute nothing and hold nothing, for preparing a model only to see which tensors
 * it asks for. All values are one and the same, without extents of their own; layers are what they
 * were prepared from. Nothing is checked.
 */
public final class IdleOperators implements Operators<Object> {
  private static final Object VALUE = new Object();

  private record IdleLinear(LinearParameters parameters) implements Linear {}

  private record IdleConvolution(ConvolutionParameters parameters) implements Convolution {}

  @Override
  public Linear prepare(LinearParameters parameters) {
    return new IdleLinear(parameters);
  }

  @Override
  public Convolution prepare(ConvolutionParameters parameters) {
    return new IdleConvolution(parameters);
  }

  @Override
  public Object constant(Tensor tensor) {
    return VALUE;
  }

  @Override
  public Object table(PositionTable table) {
    return VALUE;
  }

  /**
   * @throws UnsupportedOperationException always: there is nothing to read
   */
  @Override
  public Tensor read(Object value) {
    throw new UnsupportedOperationException("Idle operators have no values.");
  }

  @Override
  public boolean computesAtOnce() {
    return false;
  }

  @Override
  public Shape shape(Object value) {
    return Shape.of(1);
  }

  @Override
  public void selectTimestep(double timestep) {}

  @Override
  public Object linear(Object x, Linear layer, Epilogue<Object> epilogue) {
    return VALUE;
  }

  @Override
  public Object convolution(Object x, Convolution layer) {
    return VALUE;
  }

  @Override
  public Object layerNorm(Object x, Optional<Object> gamma, Optional<Object> beta, float eps) {
    return VALUE;
  }

  @Override
  public Object layerNormModulate(Object x, Object shift, Object scale, float eps) {
    return VALUE;
  }

  @Override
  public Object rmsNorm(Object x, Object weight, float eps) {
    return VALUE;
  }

  @Override
  public Object groupNorm(Object x, Object gamma, Object beta, int groups, float eps) {
    return VALUE;
  }

  @Override
  public Object activate(Object x, Activation activation) {
    return VALUE;
  }

  @Override
  public Object add(Object a, Object b) {
    return VALUE;
  }

  @Override
  public Object multiply(Object a, Object b) {
    return VALUE;
  }

  @Override
  public Object scale(Object x, float factor) {
    return VALUE;
  }

  @Override
  public Object attention(
      Object q,
      Object k,
      Object v,
      int heads,
      float scale,
      Optional<Object> bias,
      AttentionPrecision precision) {
    return VALUE;
  }

  @Override
  public Object attentionPacked(
      Object q,
      Object k,
      Object v,
      int heads,
      float scale,
      int[] lengths,
      AttentionPrecision precision) {
    return VALUE;
  }

  @Override
  public Object rotary(Object x, Object cos, Object sin) {
    return VALUE;
  }

  @Override
  public Object embedding(Object table, int[] indices) {
    return VALUE;
  }

  @Override
  public Object embeddingOf(Object table, Object indices) {
    return VALUE;
  }

  @Override
  public Object timestepEmbedding(Object timesteps, int dimension, boolean flip, float shift) {
    return VALUE;
  }

  @Override
  public Object patchEmbedding(Object x, Convolution projection) {
    return VALUE;
  }

  @Override
  public Object reshape(Object x, int... dims) {
    return VALUE;
  }

  @Override
  public Object permute(Object x, int... permutation) {
    return VALUE;
  }

  @Override
  public Object concat(List<Object> parts, int axis) {
    return VALUE;
  }

  @Override
  public Object slice(Object x, int axis, int from, int to) {
    return VALUE;
  }

  @Override
  public Object broadcast(Object x, int... dims) {
    return VALUE;
  }

  @Override
  public Object upsampleNearest2x(Object x) {
    return VALUE;
  }

  @Override
  public void close() {}
}
