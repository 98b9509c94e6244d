package org.viditq.core.text;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.InvalidModelException;

/**
 * The tokenizer of T5 and mT5: unigram pieces, truncated to the wanted length less one, the end
 * token, then padding.
 */
public final class T5Tokenizer implements Tokenizer {
  /** Padding and end token of every T5 vocabulary. */
  private static final int PAD_ID = 0;

  private static final int END_ID = 1;

  private final SubwordVocabulary vocabulary;

  private T5Tokenizer(SubwordVocabulary vocabulary) {
    this.vocabulary = vocabulary;
  }

  /**
   * Opens the tokenizer of a folder. Where it holds both {@code spiece.model} and {@code
   * tokenizer.json}, the class in {@code tokenizer_config.json} chooses, as in transformers 4: the
   * slow {@code T5Tokenizer} reads {@code spiece.model}, which is what models were trained with;
   * every other class, or none, reads {@code tokenizer.json}. The two give the same ids but where
   * the model falls back to bytes, as mT5's does: the conversion to {@code tokenizer.json} loses
   * that, and an unknown character becomes {@code <unk>}. (transformers 5 always reads {@code
   * tokenizer.json}, and converts where there is none.)
   *
   * @throws InvalidModelException if the folder holds neither, or the file is damaged or no T5
   *     tokenizer
   * @throws org.viditq.core.error.BackendException if the native tokenizer library does not load
   */
  public static T5Tokenizer open(Path folder) {
    Optional<JsonConfig> config = TokenizerFile.config(folder);
    boolean json = TokenizerFile.JSON.isIn(folder);
    boolean sentencePiece = TokenizerFile.SENTENCE_PIECE.isIn(folder);
    if (!json && !sentencePiece) {
      throw TokenizerFile.nothingIn(
          folder, "tokenizer", TokenizerFile.JSON, TokenizerFile.SENTENCE_PIECE);
    }
    if (json && !(sentencePiece && isSlow(config))) {
      return openJson(TokenizerFile.JSON.in(folder));
    }
    SentencePieceVocabulary pieces =
        SentencePieceVocabulary.open(TokenizerFile.SENTENCE_PIECE.in(folder));
    try {
      return new T5Tokenizer(
          new SpecialTokenVocabulary(pieces, T5SpecialTokens.read(config, pieces.size())));
    } catch (RuntimeException invalid) {
      pieces.close();
      throw invalid;
    }
  }

  /**
   * Opens a {@code tokenizer.json} as Hugging Face tokenizers read it.
   *
   * @throws InvalidModelException if the file is damaged or no T5 tokenizer
   */
  public static T5Tokenizer openJson(Path file) {
    TokenizersVocabulary vocabulary = TokenizersVocabulary.open(file);
    try {
      if (!Arrays.equals(vocabulary.encode("<pad></s>"), new int[] {PAD_ID, END_ID})) {
        throw otherSpecialTokens(file);
      }
      return new T5Tokenizer(vocabulary);
    } catch (RuntimeException invalid) {
      vocabulary.close();
      throw invalid;
    }
  }

  /**
   * Opens a {@code spiece.model} as SentencePiece reads it: the strings of special tokens in a text
   * are ordinary text.
   */
  public static T5Tokenizer openSentencePiece(Path model) {
    return new T5Tokenizer(SentencePieceVocabulary.open(model));
  }

  @Override
  public TokenizedText tokenize(String text, int length) {
    return SpecialTokens.around(vocabulary, text, length, new int[0], new int[] {END_ID}, PAD_ID);
  }

  @Override
  public int[] encode(String text) {
    return vocabulary.encode(text);
  }

  @Override
  public String decode(int[] ids) {
    return vocabulary.decode(ids);
  }

  @Override
  public void close() {
    vocabulary.close();
  }

  static InvalidModelException otherSpecialTokens(Path file) {
    return new InvalidModelException(
        "The tokenizer file "
            + file
            + " is none of T5: its tokens 0 and 1 are not <pad> and </s>.");
  }

  private static boolean isSlow(Optional<JsonConfig> config) {
    String className = config.flatMap(options -> options.findString("tokenizer_class")).orElse("");
    return className.equals("T5Tokenizer") || className.equals("MT5Tokenizer");
  }
}
