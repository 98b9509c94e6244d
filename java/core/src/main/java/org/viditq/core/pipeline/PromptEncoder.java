package org.viditq.core.pipeline;

import java.util.List;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.tensor.Tensor;
import org.viditq.core.text.TokenizedText;
import org.viditq.core.text.Tokenizer;

/** Turns prompts to what a text encoder gives for their tokens. */
final class PromptEncoder {
  private static final Logger LOG = LoggerFactory.getLogger(PromptEncoder.class);

  /** Characters of a text in a warning. */
  private static final int MAX_SHOWN = 200;

  private final UnaryOperator<String> preparation;
  private final Tokenizer tokenizer;
  private final TextNetwork encoder;
  private final int features;
  private final int tokens;

  /**
   * Encoded texts.
   *
   * @param values [B, L, C]: C features of each of the L tokens of B texts
   * @param mask [B, L]: 1 for tokens of the text, 0 for padding
   */
  record Texts(Tensor values, Tensor mask) {}

  /**
   * @param preparation of texts in front of the tokenizer
   * @param features C of the encoder
   * @param tokens length that texts are cut or padded to
   */
  PromptEncoder(
      UnaryOperator<String> preparation,
      Tokenizer tokenizer,
      TextNetwork encoder,
      int features,
      int tokens) {
    this.preparation = preparation;
    this.features = features;
    this.tokenizer = tokenizer;
    this.encoder = encoder;
    this.tokens = tokens;
  }

  /**
   * Encodes texts one by one, so that a long list needs no more working memory than one. What is
   * too long is cut, with a warning that says what was lost.
   */
  Texts encode(List<String> texts, StageCounter counter) {
    Tensor values = Tensor.zeros(texts.size(), tokens, features);
    Tensor masks = Tensor.zeros(texts.size(), tokens);
    for (int i = 0; i < texts.size(); i++) {
      TokenizedText text = tokenizer.tokenize(preparation.apply(texts.get(i)), tokens);
      text.removed().ifPresent(this::warnOfCut);
      float[] embedding = encode(text, counter.progress()).data();
      System.arraycopy(embedding, 0, values.data(), i * embedding.length, embedding.length);
      for (int t = 0; t < tokens; t++) {
        masks.data()[i * tokens + t] = text.mask()[t];
      }
      counter.run();
    }
    return new Texts(values, masks);
  }

  private Tensor encode(TokenizedText text, ProgressListener progress) {
    Tensor encoded = encoder.encode(new int[][] {text.ids()}, new int[][] {text.mask()}, progress);
    if (!encoded.isFinite()) {
      throw new NonFiniteException(
          "The text encoder's result holds NaN or infinity; its weights or its precision are"
              + " broken.");
    }
    return encoded;
  }

  private void warnOfCut(String removed) {
    LOG.warn(
        "The prompt is longer than the {} tokens a text encoder of the model takes; this part was"
            + " cut off there: \"{}\".",
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
