package org.viditq.core.model.hunyuan;

import java.util.List;
import java.util.Optional;
import org.viditq.core.model.layer.LayerLoader;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.Operators;
import org.viditq.core.tensor.Tensor;

/**
 * Attention pooling of a text, as CLIP pools pictures (Radford et al. 2021, section 2.4): the mean
 * token, put in front of the others and with learned positions, attends to all of them. Padding
 * takes part.
 */
final class AttentionPool<V> {
  private final Operators<V> operators;
  private final HunyuanConfig config;
  private final V positions;
  private final Linear query;
  private final List<Linear> keyValue;
  private final Linear output;

  AttentionPool(LayerLoader<V> loader, HunyuanConfig config) {
    int features = config.text2Features();
    this.operators = loader.operators();
    this.config = config;
    this.positions = loader.constant("positional_embedding", config.text2Tokens() + 1, features);
    this.query = loader.linear("q_proj", features, features);
    this.keyValue =
        List.of(
            loader.linear("k_proj", features, features),
            loader.linear("v_proj", features, features));
    this.output = loader.linear("c_proj", features, config.pooledFeatures());
  }

  /** text [B, tokens, features]; result [B, pooled features]. */
  V forward(V text) {
    int batch = operators.shape(text).dim(0);
    int features = config.text2Features();
    int heads = HunyuanConfig.POOLING_HEADS;
    V tokens =
        operators.add(
            operators.concat(List.of(mean(text), text), 1),
            operators.reshape(positions, 1, config.text2Tokens() + 1, features));
    V q = operators.linear(operators.slice(tokens, 1, 0, 1), query);
    List<V> kv = operators.linears(tokens, keyValue);
    float scale = (float) (1 / Math.sqrt(features / (double) heads));
    V pooled = operators.attention(q, kv.get(0), kv.get(1), heads, scale, Optional.empty());
    return operators.reshape(operators.linear(pooled, output), batch, config.pooledFeatures());
  }

  /** [B, 1, features]: attention with equal scores gives the mean. */
  private V mean(V text) {
    int batch = operators.shape(text).dim(0);
    V query = operators.constant(Tensor.zeros(batch, 1, 1));
    V keys = operators.constant(Tensor.zeros(batch, config.text2Tokens(), 1));
    return operators.attention(query, keys, text, 1, 1, Optional.empty());
  }
}
