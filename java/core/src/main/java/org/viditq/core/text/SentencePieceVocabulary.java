package org.viditq.core.text;

import ai.djl.sentencepiece.SpTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.viditq.core.error.InvalidModelException;

/**
 * A {@code spiece.model} read by SentencePiece. Strings such as {@code </s>} in a text are ordinary
 * text.
 */
final class SentencePieceVocabulary implements SubwordVocabulary {
  private final SpTokenizer tokenizer;

  private SentencePieceVocabulary(SpTokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  static SentencePieceVocabulary open(Path model) {
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(model);
    } catch (IOException e) {
      throw new InvalidModelException("Cannot read " + model + ": " + e.getMessage() + ".", e);
    }
    return new SentencePieceVocabulary(
        NativeTokenizers.load("SentencePiece", model, () -> new SpTokenizer(bytes)));
  }

  @Override
  public int[] encode(String text) {
    return tokenizer.getProcessor().encode(text);
  }

  @Override
  public String decode(int[] ids) {
    return tokenizer.getProcessor().decode(ids);
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
