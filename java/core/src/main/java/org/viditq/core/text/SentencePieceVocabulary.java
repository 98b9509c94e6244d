package org.viditq.core.text;

import ai.djl.sentencepiece.SpTokenizer;
import java.nio.file.Path;
import org.viditq.core.error.InvalidModelException;

/**
 * A {@code spiece.model} read by SentencePiece. Strings such as {@code </s>} in a text are ordinary
 * text.
 */
final class SentencePieceVocabulary implements SubwordVocabulary {
  private final SpTokenizer tokenizer;
  private final SentencePieces pieces;

  private SentencePieceVocabulary(SpTokenizer tokenizer, SentencePieces pieces) {
    this.tokenizer = tokenizer;
    this.pieces = pieces;
  }

  /**
   * @throws InvalidModelException if the file cannot be read, is damaged, or does not have T5's
   *     {@code <pad>} 0 and {@code </s>} 1
   */
  static SentencePieceVocabulary open(Path model) {
    byte[] bytes = TokenizerFile.read(model);
    SentencePieces pieces = SentencePieces.read(bytes, model);
    if (pieces.size() < 2 || !pieces.piece(0).equals("<pad>") || !pieces.piece(1).equals("</s>")) {
      throw T5Tokenizer.otherSpecialTokens(model);
    }
    return new SentencePieceVocabulary(
        NativeTokenizers.load("SentencePiece", model, () -> new SpTokenizer(bytes)), pieces);
  }

  /** Number of pieces. */
  int size() {
    return pieces.size();
  }

  @Override
  public int[] encode(String text) {
    return tokenizer.getProcessor().encode(WellFormedText.of(text));
  }

  @Override
  public String decode(int[] ids) {
    return pieces.decode(ids);
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
