package org.viditq.core.text;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.viditq.core.error.InvalidModelException;

/**
 * The tokenizer of T5: unigram pieces, truncated to the wanted length less one, the end token, then
 * padding.
 */
public final class T5Tokenizer implements AutoCloseable {
  /** Padding and end token of every T5 vocabulary. */
  private static final int PAD_ID = 0;

  private static final int END_ID = 1;

  private final SubwordVocabulary vocabulary;

  private T5Tokenizer(SubwordVocabulary vocabulary) {
    this.vocabulary = vocabulary;
  }

  /**
   * Opens the tokenizer of a pipeline folder: its {@code tokenizer.json} if there is one, as
   * transformers does, else its {@code spiece.model}.
   *
   * @throws InvalidModelException if the folder holds neither or the file is damaged
   * @throws org.viditq.core.error.BackendException if the native tokenizer library does not load
   */
  public static T5Tokenizer open(Path folder) {
    Path json = folder.resolve("tokenizer.json");
    if (Files.isRegularFile(json)) {
      return new T5Tokenizer(TokenizersVocabulary.open(json));
    }
    Path model = folder.resolve("spiece.model");
    if (Files.isRegularFile(model)) {
      return new T5Tokenizer(new SpecialTokenVocabulary(SentencePieceVocabulary.open(model)));
    }
    throw new InvalidModelException(
        "The tokenizer folder "
            + folder
            + " holds neither tokenizer.json nor spiece.model; the model is incomplete.");
  }

  /**
   * Opens a {@code spiece.model} as SentencePiece reads it: the strings of special tokens in a text
   * are ordinary text.
   */
  public static T5Tokenizer openSentencePiece(Path model) {
    return new T5Tokenizer(SentencePieceVocabulary.open(model));
  }

  /**
   * Tokenizes a text to exactly {@code length} ids. A longer text is cut; the result says what was
   * lost.
   *
   * @param length at least 1
   */
  public TokenizedText tokenize(String text, int length) {
    if (length < 1) {
      throw new IllegalArgumentException("The token length " + length + " leaves no room.");
    }
    int[] pieces = vocabulary.encode(text);
    int kept = Math.min(pieces.length, length - 1);
    int[] ids = Arrays.copyOf(pieces, length);
    Arrays.fill(ids, kept, length, PAD_ID);
    ids[kept] = END_ID;
    int[] mask = new int[length];
    Arrays.fill(mask, 0, kept + 1, 1);
    Optional<String> removed = Optional.empty();
    if (kept < pieces.length) {
      removed = Optional.of(vocabulary.decode(Arrays.copyOfRange(pieces, kept, pieces.length)));
    }
    return new TokenizedText(ids, mask, removed);
  }

  /** Ids of the pieces of a text, however many, without end token and padding. */
  public int[] encode(String text) {
    return vocabulary.encode(text);
  }

  /** The text of pieces. */
  public String decode(int[] ids) {
    return vocabulary.decode(ids);
  }

  @Override
  public void close() {
    vocabulary.close();
  }
}
