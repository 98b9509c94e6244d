package org.viditq.core.model.layer;

import java.util.Optional;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.Scope;
import org.viditq.core.tensor.Shape;

/**
 * HunyuanDiT's treatment of q and k: affine LayerNorm over the head dimension, then rotary. What is
 * between the two steps, and what was given, is released on the way.
 */
final class QueryKeyRotation<V> {
  private static final float EPS = 1e-6f;

  private final Operators<V> operators;
  private final int heads;
  private final V queryGamma;
  private final V queryBeta;
  private final V keyGamma;
  private final V keyBeta;

  private QueryKeyRotation(
      LayerLoader<V> loader, String query, String key, int channels, int heads) {
    int headDim = channels / heads;
    this.operators = loader.operators();
    this.heads = heads;
    this.queryGamma = loader.constant(query + ".weight", headDim);
    this.queryBeta = loader.constant(query + ".bias", headDim);
    this.keyGamma = loader.constant(key + ".weight", headDim);
    this.keyBeta = loader.constant(key + ".bias", headDim);
  }

  /** diffusers' layout: {@code norm_q}, {@code norm_k}. */
  static <V> QueryKeyRotation<V> diffusers(LayerLoader<V> loader, int channels, int heads) {
    return new QueryKeyRotation<>(loader, "norm_q", "norm_k", channels, heads);
  }

  /** The authors' layout: {@code q_norm}, {@code k_norm}. */
  static <V> QueryKeyRotation<V> original(LayerLoader<V> loader, int channels, int heads) {
    return new QueryKeyRotation<>(loader, "q_norm", "k_norm", channels, heads);
  }

  /** q [B, N, C], which is released, of tokens that lie where the table says. */
  V query(V q, V cos, V sin) {
    return rotated(normalized(q, queryGamma, queryBeta), cos, sin);
  }

  /** k likewise. */
  V key(V k, V cos, V sin) {
    return rotated(normalized(k, keyGamma, keyBeta), cos, sin);
  }

  /** k [B, S, C], which is released, of tokens that lie nowhere: those of a text. */
  V key(V k) {
    return normalized(k, keyGamma, keyBeta);
  }

  private V normalized(V x, V gamma, V beta) {
    try (Scope<V> scope = operators.scope()) {
      V normalized = operators.layerNorm(perHead(x), Optional.of(gamma), Optional.of(beta), EPS);
      return scope.replace(x, together(normalized));
    }
  }

  private V rotated(V x, V cos, V sin) {
    try (Scope<V> scope = operators.scope()) {
      return scope.replace(x, together(operators.rotary(perHead(x), cos, sin)));
    }
  }

  private V perHead(V x) {
    Shape shape = operators.shape(x);
    return operators.reshape(x, shape.dim(0), shape.dim(1), heads, shape.dim(2) / heads);
  }

  private V together(V x) {
    Shape shape = operators.shape(x);
    return operators.reshape(x, shape.dim(0), shape.dim(1), shape.dim(2) * shape.dim(3));
  }
}
