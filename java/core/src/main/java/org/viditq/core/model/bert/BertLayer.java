package org.viditq.core.model.bert;

import java.util.List;
import java.util.Optional;
import org.viditq.core.model.layer.LayerLoader;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.LinearInput;
import org.viditq.core.operators.Operators;

/** One BERT layer: self attention and feed-forward, each followed by a LayerNorm (post-norm). */
final class BertLayer<V> {
  private final Operators<V> operators;
  private final BertConfig config;
  private final float scale;
  private final List<Linear> queryKeyValue;
  private final Linear attentionOutput;
  private final BertLayerNorm<V> attentionNorm;
  private final Linear up;
  private final Linear down;
  private final BertLayerNorm<V> outputNorm;

  BertLayer(LayerLoader<V> loader, BertConfig config) {
    this.operators = loader.operators();
    this.config = config;
    int channels = config.channels();
    this.scale = (float) (1 / Math.sqrt(channels / (double) config.heads()));
    LayerLoader<V> attention = loader.under("attention.");
    this.queryKeyValue =
        List.of(
            attention.linear("self.query", channels, channels),
            attention.linear("self.key", channels, channels),
            attention.linear("self.value", channels, channels));
    this.attentionOutput = attention.linear("output.dense", channels, channels);
    this.attentionNorm =
        new BertLayerNorm<>(attention.under("output.LayerNorm."), channels, config.normEps());
    this.up = loader.linear("intermediate.dense", channels, config.hidden());
    this.down = loader.linear("output.dense", config.hidden(), channels);
    this.outputNorm =
        new BertLayerNorm<>(loader.under("output.LayerNorm."), channels, config.normEps());
  }

  /**
   * @param x [B, N, C]
   * @param bias [B, 1, 1, N] added to the scaled scores; empty if every token counts
   */
  V forward(V x, Optional<V> bias) {
    V attended =
        bias.isPresent()
            ? attend(operators.linears(x, queryKeyValue), bias)
            : operators.selfAttention(LinearInput.of(x), queryKeyValue, config.heads(), scale);
    V h = attentionNorm.forward(operators.linear(attended, attentionOutput, Epilogue.residual(x)));
    return outputNorm.forward(
        operators.feedForward(
            LinearInput.of(h), up, config.activation(), down, Epilogue.residual(h)));
  }

  private V attend(List<V> qkv, Optional<V> bias) {
    return operators.attention(qkv.get(0), qkv.get(1), qkv.get(2), config.heads(), scale, bias);
  }
}
