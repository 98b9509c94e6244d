package org.viditq.core.model.t5;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.model.Parameters;
import org.viditq.core.model.layer.LayerLoader;
import org.viditq.core.model.layer.PaddingMask;
import org.viditq.core.model.layer.TokenEmbedding;
import org.viditq.core.model.layer.TokenRows;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.Scope;
import org.viditq.core.tensor.Tensor;

/**
 * The encoder of T5 (v1.0 and v1.1), and of mT5, which is the network of v1.1 with another
 * vocabulary. Raffel et al., "Exploring the Limits of Transfer Learning with a Unified Text-to-Text
 * Transformer"; Xue et al., "mT5: A Massively Multilingual Pre-trained Text-to-Text Transformer".
 *
 * <p>The token table is {@code encoder.embed_tokens.weight} where the checkpoint has one and {@code
 * shared.weight} otherwise: they are tied, also in mT5, whose {@code tie_word_embeddings: false}
 * only sets the head of the decoder free.
 */
public final class T5Encoder<V> {
  /** Added to the scores of padded keys. */
  private static final float MASKED_SCORE = -Float.MAX_VALUE;

  private static final String SHARED_TABLE = "shared.weight";
  private static final String ENCODER_TABLE = "encoder.embed_tokens.weight";

  private final T5Config config;
  private final Operators<V> operators;
  private final StoredTensor tokenTable;
  private final TokenEmbedding embedding;
  private final Tensor relativeBias;
  private final List<T5Block<V>> blocks;
  private final V finalNorm;

  /**
   * Prepares all layers on the backend.
   *
   * @param parameters under the state-dict names of transformers' {@code T5EncoderModel} and {@code
   *     MT5EncoderModel}; must stay open, as token embeddings are read when they are needed
   * @throws org.viditq.core.error.InvalidCheckpointException naming a missing or misshaped tensor
   * @throws org.viditq.core.error.NonFiniteException naming a layer with NaN or infinity
   */
  public T5Encoder(T5Config config, Parameters parameters, Operators<V> operators) {
    this.config = config;
    this.operators = operators;
    String table = parameters.contains(ENCODER_TABLE) ? ENCODER_TABLE : SHARED_TABLE;
    // The table may be stored twice, and a decoder with its head beside the encoder.
    parameters.leaveOut(ENCODER_TABLE, SHARED_TABLE, "decoder.", "lm_head.");
    this.tokenTable = parameters.stored(table, config.vocabulary(), config.channels());
    this.embedding = new TokenEmbedding(tokenTable);
    this.relativeBias =
        parameters.tensor(
            "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight",
            config.buckets(),
            config.heads());
    LayerLoader<V> loader = new LayerLoader<>(operators, parameters);
    List<T5Block<V>> prepared = new ArrayList<>();
    for (int i = 0; i < config.layers(); i++) {
      prepared.add(new T5Block<>(loader.under("encoder.block." + i + "."), config));
    }
    this.blocks = List.copyOf(prepared);
    this.finalNorm = loader.constant("encoder.final_layer_norm.weight", config.channels());
  }

  /** The token embedding, [vocabulary, C], where it lies. */
  public StoredTensor tokenTable() {
    return tokenTable;
  }

  /**
   * Encodes token ids.
   *
   * @param ids one row of equal length per prompt
   * @param mask likewise, 1 for tokens and 0 for padding; without it every token counts
   * @return [B, N, C]; rows of padding hold numbers without meaning
   * @throws org.viditq.core.error.ShapeException if the rows differ in length
   * @throws org.viditq.core.error.UsageException if an id is outside the vocabulary
   */
  public V encode(int[][] ids, Optional<int[][]> mask) {
    TokenRows.require("The T5 encoder", ids, mask);
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
   */
  public V forward(V embeddings, Optional<V> mask) {
    int length = operators.shape(embeddings).dim(1);
    // Block 0's table serves all blocks.
    V bias =
        operators.table(
            new RelativeBias(
                new RelativeBuckets(config.buckets(), config.maxDistance()), relativeBias, length));
    if (mask.isPresent()) {
      bias = operators.add(bias, PaddingMask.scoreBias(operators, mask.get(), MASKED_SCORE));
    }
    V hidden = embeddings;
    for (T5Block<V> block : blocks) {
      try (Scope<V> scope = operators.scope()) {
        V next = block.forward(hidden, bias);
        // The embeddings are the caller's.
        hidden = hidden == embeddings ? scope.keep(next) : scope.replace(hidden, next);
      }
    }
    return operators.rmsNorm(hidden, finalNorm, config.normEps());
  }
}
