package org.viditq.core.model.layer;

import java.util.Optional;
import org.viditq.core.operators.Operators;
import org.viditq.core.tensor.Shape;

/** HunyuanDiT's treatment of q and k: affine LayerNorm over the head dimension, then rotary. */
final class QueryKeyRotation<V> {
  private static final float EPS = 1e-6f;

  private final Operators<V> operators;
  private final int heads;
  private final V queryGamma;
  private final V queryBeta;
  private final V keyGamma;
  private final V keyBeta;

  QueryKeyRotation(LayerLoader<V> loader, int channels, int heads) {
    int headDim = channels / heads;
    this.operators = loader.operators();
    this.heads = heads;
    this.queryGamma = loader.constant("norm_q.weight", headDim);
    this.queryBeta = loader.constant("norm_q.bias", headDim);
    this.keyGamma = loader.constant("norm_k.weight", headDim);
    this.keyBeta = loader.constant("norm_k.bias", headDim);
  }

  V query(V q, V cos, V sin) {
    return rotate(q, queryGamma, queryBeta, cos, sin);
  }

  V key(V k, V cos, V sin) {
    return rotate(k, keyGamma, keyBeta, cos, sin);
  }

  private V rotate(V x, V gamma, V beta, V cos, V sin) {
    Shape shape = operators.shape(x);
    int batch = shape.dim(0);
    int tokens = shape.dim(1);
    int channels = shape.dim(2);
    V perHead = operators.reshape(x, batch, tokens, heads, channels / heads);
    V normalized = operators.layerNorm(perHead, Optional.of(gamma), Optional.of(beta), EPS);
    return operators.reshape(operators.rotary(normalized, cos, sin), batch, tokens, channels);
  }
}
