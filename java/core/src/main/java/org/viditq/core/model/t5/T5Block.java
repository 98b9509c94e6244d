package org.viditq.core.model.t5;

import java.util.List;
import java.util.Optional;
import org.viditq.core.model.layer.LayerLoader;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.Operators;

/** One T5 encoder block: self attention and feed-forward, each behind an RMSNorm, no biases. */
final class T5Block<V> {
  private final Operators<V> operators;
  private final T5Config config;
  private final V attentionNorm;
  private final List<Linear> queryKeyValue;
  private final Linear attentionOutput;
  private final V feedForwardNorm;
  private final Linear activated;
  private final Optional<Linear> gate;
  private final Linear feedForwardOutput;

  T5Block(LayerLoader<V> loader, T5Config config) {
    this.operators = loader.operators();
    this.config = config;
    int channels = config.channels();
    int inner = config.heads() * config.headDim();
    this.attentionNorm = loader.constant("layer.0.layer_norm.weight", channels);
    LayerLoader<V> attention = loader.under("layer.0.SelfAttention.");
    this.queryKeyValue =
        List.of(
            attention.linearOptionalBias("q", channels, inner),
            attention.linearOptionalBias("k", channels, inner),
            attention.linearOptionalBias("v", channels, inner));
    this.attentionOutput = attention.linearOptionalBias("o", inner, channels);
    this.feedForwardNorm = loader.constant("layer.1.layer_norm.weight", channels);
    LayerLoader<V> dense = loader.under("layer.1.DenseReluDense.");
    int hidden = config.hidden();
    if (config.gated()) {
      this.activated = dense.linearOptionalBias("wi_0", channels, hidden);
      this.gate = Optional.of(dense.linearOptionalBias("wi_1", channels, hidden));
    } else {
      this.activated = dense.linearOptionalBias("wi", channels, hidden);
      this.gate = Optional.empty();
    }
    this.feedForwardOutput = dense.linearOptionalBias("wo", hidden, channels);
  }

  /**
   * @param hidden [B, N, C]
   * @param bias [B or 1, heads, N, N] added to the unscaled scores
   */
  V forward(V hidden, V bias) {
    V normed = operators.rmsNorm(hidden, attentionNorm, config.normEps());
    List<V> qkv = operators.linears(normed, queryKeyValue);
    V attended =
        operators.attention(
            qkv.get(0), qkv.get(1), qkv.get(2), config.heads(), 1, Optional.of(bias));
    V h = operators.linear(attended, attentionOutput, Epilogue.residual(hidden));
    normed = operators.rmsNorm(h, feedForwardNorm, config.normEps());
    return operators.linear(activate(normed), feedForwardOutput, Epilogue.residual(h));
  }

  private V activate(V x) {
    if (gate.isEmpty()) {
      return operators.linear(x, activated, Epilogue.activation(config.activation()));
    }
    List<V> halves = operators.linears(x, List.of(activated, gate.get()));
    V activation = operators.activate(halves.get(0), config.activation());
    return operators.multiply(activation, halves.get(1));
  }
}
