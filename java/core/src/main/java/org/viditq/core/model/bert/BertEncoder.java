package org.viditq.core.model.bert;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.Parameters;
import org.viditq.core.model.layer.LayerLoader;
import org.viditq.core.model.layer.PaddingMask;
import org.viditq.core.model.layer.TokenEmbedding;
import org.viditq.core.model.layer.TokenRows;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.Scope;

/**
 * The encoder of BERT without its pooler, as HunyuanDiT reads its last hidden state. Devlin et al.,
 * "BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding".
 */
public final class BertEncoder<V> {
  /** Added to the scores of padded keys. */
  private static final float MASKED_SCORE = -Float.MAX_VALUE;

  private static final String TOKEN_TABLE = "embeddings.word_embeddings.weight";

  /** Where checkpoints of BERT with a head keep the encoder. */
  private static final String PREFIX = "bert.";

  private final BertConfig config;
  private final Operators<V> operators;
  private final StoredTensor tokenTable;
  private final TokenEmbedding embedding;
  private final V tokenType;
  private final V positions;
  private final BertLayerNorm<V> embeddingNorm;
  private final List<BertLayer<V>> layers;

  /**
   * Prepares all layers on the backend.
   *
   * @param parameters under the state-dict names of transformers' {@code BertModel}, or below
   *     {@code bert.}; must stay open, as token embeddings are read when they are needed. A pooler
   *     and heads are left alone
   * @throws org.viditq.core.error.InvalidCheckpointException naming a missing or misshaped tensor
   * @throws org.viditq.core.error.NonFiniteException naming a layer with NaN or infinity
   */
  public BertEncoder(BertConfig config, Parameters parameters, Operators<V> operators) {
    this.config = config;
    this.operators = operators;
    int channels = config.channels();
    Parameters encoder =
        parameters.contains(PREFIX + TOKEN_TABLE) ? parameters.under(PREFIX) : parameters;
    encoder.leaveOut("pooler.");
    parameters.leaveOut("cls.");
    LayerLoader<V> loader = new LayerLoader<>(operators, encoder);
    this.tokenTable = encoder.stored(TOKEN_TABLE, config.vocabulary(), channels);
    this.embedding = new TokenEmbedding(tokenTable);
    this.positions =
        loader.constant("embeddings.position_embeddings.weight", config.positions(), channels);
    V types =
        loader.constant("embeddings.token_type_embeddings.weight", config.tokenTypes(), channels);
    this.tokenType = operators.slice(types, 0, 0, 1);
    this.embeddingNorm =
        new BertLayerNorm<>(loader.under("embeddings.LayerNorm."), channels, config.normEps());
    List<BertLayer<V>> prepared = new ArrayList<>();
    for (int i = 0; i < config.layers(); i++) {
      prepared.add(new BertLayer<>(loader.under("encoder.layer." + i + "."), config));
    }
    this.layers = List.copyOf(prepared);
  }

  /** The token embedding, [vocabulary, C], where it lies. */
  public StoredTensor tokenTable() {
    return tokenTable;
  }

  /**
   * Encodes token ids, all of token type 0.
   *
   * @param ids one row of equal length per prompt, no longer than the position table
   * @param mask likewise, 1 for tokens and 0 for padding; without it every token counts
   * @return the last hidden state [B, N, C]; rows of padding hold numbers without meaning
   * @throws org.viditq.core.error.ShapeException if the rows differ in length
   * @throws UsageException if an id is outside the vocabulary, or the rows are too long
   */
  public V encode(int[][] ids, Optional<int[][]> mask) {
    TokenRows.require("The BERT encoder", ids, mask);
    return forward(
        operators.constant(embedding.lookUp(ids)),
        mask.map(TokenRows::toTensor).map(operators::constant));
  }

  /**
   * The encoder behind the token embedding.
   *
   * @param embeddings [B, N, C]
   * @param mask [B, N], 1 for tokens and 0 for padding
   * @return [B, N, C]
   * @throws UsageException if N is greater than the position table
   */
  public V forward(V embeddings, Optional<V> mask) {
    int length = operators.shape(embeddings).dim(1);
    if (length > config.positions()) {
      throw new UsageException(
          "The BERT encoder takes at most "
              + config.positions()
              + " tokens (max_position_embeddings), not "
              + length
              + ".");
    }
    Optional<V> bias = mask.map(valid -> PaddingMask.scoreBias(operators, valid, MASKED_SCORE));
    V hidden = embed(embeddings, length);
    for (BertLayer<V> layer : layers) {
      try (Scope<V> scope = operators.scope()) {
        hidden = scope.replace(hidden, layer.forward(hidden, bias));
      }
    }
    return hidden;
  }

  private V embed(V embeddings, int length) {
    try (Scope<V> scope = operators.scope()) {
      V typed = operators.add(embeddings, tokenType);
      V placed = operators.add(typed, operators.slice(positions, 0, 0, length));
      return scope.keep(embeddingNorm.forward(placed));
    }
  }
}
