package org.viditq.core.model.hunyuan;

import java.util.List;
import org.viditq.core.model.DenoiserValues;
import org.viditq.core.model.InputNames;
import org.viditq.core.model.layer.FeedForward;
import org.viditq.core.model.layer.LayerLoader;
import org.viditq.core.operators.Activation;
import org.viditq.core.operators.Operators;
import org.viditq.core.tensor.Tensor;

/**
 * The text that blocks attend to: the encoding by BERT, then that by mT5, projected. In the place
 * of padding stand learned tokens, to which blocks attend as well.
 */
final class HunyuanText<V> {
  private final Operators<V> operators;
  private final FeedForward<V> projection;
  private final V padding;
  private final int tokens;
  private final int features;

  HunyuanText(LayerLoader<V> loader, HunyuanConfig config) {
    this.operators = loader.operators();
    this.features = config.textFeatures();
    this.tokens = config.textTokens() + config.text2Tokens();
    int features2 = config.text2Features();
    boolean original = config.layout() == HunyuanLayout.ORIGINAL;
    this.projection =
        new FeedForward<>(
            loader.under(original ? "mlp_t5." : "text_embedder."),
            original ? "0" : "linear_1",
            original ? "2" : "linear_2",
            features2,
            4 * features2,
            features,
            Activation.SILU);
    this.padding = loader.constant("text_embedding_padding", tokens, features);
  }

  /**
   * @param text2 [B, tokens, features], the encoding by mT5
   * @param inputs the encoding by BERT and both masks
   * @return [B, tokens of both, features]
   */
  V forward(V text2, DenoiserValues<V> inputs) {
    int batch = operators.shape(text2).dim(0);
    V both = operators.concat(List.of(inputs.get(InputNames.TEXT), projection.forward(text2)), 1);
    V mask =
        operators.concat(List.of(inputs.get(InputNames.MASK), inputs.get(InputNames.MASK_2)), 1);
    V valid = operators.reshape(mask, batch, tokens, 1);
    V padded =
        operators.add(operators.constant(Tensor.full(1, 1, 1, 1)), operators.scale(valid, -1));
    return operators.add(
        operators.multiply(both, valid),
        operators.multiply(operators.reshape(padding, 1, tokens, features), padded));
  }
}
