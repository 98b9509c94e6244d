package org.viditq.core.text;

/**
 * Turns texts to the token ids of a text encoder. {@link Tokenizers#open} finds the one that a
 * folder holds.
 *
 * <p>Every string is a text: unpaired surrogates count as U+FFFD, as in any UTF-8 of them. Results
 * are those of transformers' tokenizer of the same files, differences are named by the classes.
 */
public interface Tokenizer extends AutoCloseable {
  /**
   * Tokenizes a text to exactly {@code length} ids, special tokens and padding included. A longer
   * text is cut at its end; the result says what was lost.
   *
   * @param length at least the number of special tokens
   * @throws org.viditq.core.error.UsageException if {@code length} leaves no room for these
   */
  TokenizedText tokenize(String text, int length);

  /** Ids of the pieces of a text, however many, without the tokens that are put around it. */
  int[] encode(String text);

  /** The text of pieces, as far as they keep it: white space and case may be others. */
  String decode(int[] ids);

  @Override
  void close();
}
