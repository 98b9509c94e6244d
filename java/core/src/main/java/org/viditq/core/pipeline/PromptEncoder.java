package org.viditq.core.pipeline;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.viditq.core.model.t5.T5Encoder;
import org.viditq.core.operators.NonFiniteTracer;
import org.viditq.core.operators.Scope;
import org.viditq.core.tensor.Tensor;
import org.viditq.core.text.TokenizedText;
import org.viditq.core.text.Tokenizer;

/**
 * Turns prompts to text embeddings: lower case without surrounding white space (diffusers'
 * preprocessing without caption cleaning), tokens, T5.
 */
final class PromptEncoder<V> {
  private static final Logger LOG = LoggerFactory.getLogger(PromptEncoder.class);

  /** Characters of a text in a warning. */
  private static final int MAX_SHOWN = 200;

  private final Tokenizer tokenizer;
  private final T5Encoder<V> encoder;
  private final NonFiniteTracer<V> operators;
  private final int tokens;

  /**
   * Encoded texts.
   *
   * @param values [B, L, C]: C features of each of the L tokens of B texts
   * @param mask [B, L]: 1 for tokens of the text, 0 for padding
   */
  record Texts(Tensor values, Tensor mask) {}

  /**
   * @param operators those of the encoder
   * @param tokens length that texts are cut or padded to
   */
  PromptEncoder(
      Tokenizer tokenizer, T5Encoder<V> encoder, NonFiniteTracer<V> operators, int tokens) {
    this.tokenizer = tokenizer;
    this.encoder = encoder;
    this.operators = operators;
    this.tokens = tokens;
  }

  /**
   * Encodes texts one by one, so that a long list needs no more working memory than one. What is
   * too long is cut, with a warning that says what was lost.
   */
  Texts encode(List<String> texts, Runnable afterEach) {
    int features = encoder.config().channels();
    Tensor values = Tensor.zeros(texts.size(), tokens, features);
    Tensor masks = Tensor.zeros(texts.size(), tokens);
    for (int i = 0; i < texts.size(); i++) {
      TokenizedText text =
          tokenizer.tokenize(texts.get(i).toLowerCase(Locale.ROOT).strip(), tokens);
      text.removed().ifPresent(this::warnOfCut);
      float[] embedding = operators.finite("the text encoder", () -> encode(text)).data();
      System.arraycopy(embedding, 0, values.data(), i * embedding.length, embedding.length);
      for (int t = 0; t < tokens; t++) {
        masks.data()[i * tokens + t] = text.mask()[t];
      }
      afterEach.run();
    }
    return new Texts(values, masks);
  }

  private Tensor encode(TokenizedText text) {
    try (Scope<V> scope = operators.scope()) {
      V encoded = encoder.encode(new int[][] {text.ids()}, Optional.of(new int[][] {text.mask()}));
      return operators.read(encoded);
    }
  }

  private void warnOfCut(String removed) {
    LOG.warn(
        "The prompt is longer than the {} tokens the model takes; this part was cut off: \"{}\".",
        tokens,
        shortened(removed));
  }

  private static String shortened(String text) {
    return text.length() <= MAX_SHOWN
        ? text
        : text.substring(0, MAX_SHOWN / 2)
            + " ... "
            + text.substring(text.length() - MAX_SHOWN / 2);
  }
}
