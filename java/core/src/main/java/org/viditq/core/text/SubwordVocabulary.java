package org.viditq.core.text;

/** Splits text into pieces of a learned vocabulary, by a native library. */
interface SubwordVocabulary extends AutoCloseable {
  /** Ids of the pieces of {@code text}, without end or padding tokens. */
  int[] encode(String text);

  /** The text of pieces. */
  String decode(int[] ids);

  @Override
  void close();
}
