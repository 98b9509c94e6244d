package org.viditq.core.model.bert;

import java.util.Optional;
import org.viditq.core.model.layer.LayerLoader;
import org.viditq.core.operators.Operators;

/**
 * LayerNorm with the names of BERT's checkpoints: {@code weight} and {@code bias}, or {@code gamma}
 * and {@code beta} in those that were converted from TensorFlow.
 */
final class BertLayerNorm<V> {
  private final Operators<V> operators;
  private final V gamma;
  private final V beta;
  private final float eps;

  BertLayerNorm(LayerLoader<V> loader, int channels, float eps) {
    boolean converted = loader.parameters().contains("gamma");
    this.operators = loader.operators();
    this.gamma = loader.constant(converted ? "gamma" : "weight", channels);
    this.beta = loader.constant(converted ? "beta" : "bias", channels);
    this.eps = eps;
  }

  V forward(V x) {
    return operators.layerNorm(x, Optional.of(gamma), Optional.of(beta), eps);
  }
}
