package org.viditq.core.text;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Maps the strings of special tokens in a text to these tokens, as transformers does; what lies
 * between them is encoded on its own, without surrounding white space.
 */
final class SpecialTokenVocabulary implements SubwordVocabulary {
  /** The same in every T5 vocabulary. */
  private static final Map<String, Integer> IDS = Map.of("<pad>", 0, "</s>", 1, "<unk>", 2);

  private static final Pattern TOKEN = Pattern.compile("<pad>|</s>|<unk>");

  private final SubwordVocabulary pieces;

  SpecialTokenVocabulary(SubwordVocabulary pieces) {
    this.pieces = pieces;
  }

  @Override
  public int[] encode(String text) {
    Matcher token = TOKEN.matcher(text);
    if (!token.find()) {
      return pieces.encode(text);
    }
    IntStream ids = IntStream.empty();
    int from = 0;
    do {
      ids = IntStream.concat(ids, between(text, from, token.start()));
      ids = IntStream.concat(ids, IntStream.of(IDS.get(token.group())));
      from = token.end();
    } while (token.find());
    return IntStream.concat(ids, between(text, from, text.length())).toArray();
  }

  private IntStream between(String text, int from, int to) {
    String segment = text.substring(from, to).strip();
    return segment.isEmpty() ? IntStream.empty() : IntStream.of(pieces.encode(segment));
  }

  @Override
  public String decode(int[] ids) {
    return pieces.decode(ids);
  }

  @Override
  public void close() {
    pieces.close();
  }
}
