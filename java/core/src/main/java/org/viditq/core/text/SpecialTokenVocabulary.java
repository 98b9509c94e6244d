package org.viditq.core.text;

import java.util.Comparator;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Maps the strings of special tokens in a text to these tokens, as transformers does; what lies
 * between them is encoded on its own, without surrounding white space.
 */
final class SpecialTokenVocabulary implements SubwordVocabulary {
  private final SubwordVocabulary pieces;
  private final Map<String, Integer> ids;
  private final Pattern token;

  /**
   * @param ids of the special tokens by their strings, at least one, none empty
   */
  SpecialTokenVocabulary(SubwordVocabulary pieces, Map<String, Integer> ids) {
    this.pieces = pieces;
    this.ids = Map.copyOf(ids);
    // Where one token begins another, the longer one counts.
    this.token =
        Pattern.compile(
            ids.keySet().stream()
                .sorted(Comparator.comparingInt(String::length).reversed())
                .map(Pattern::quote)
                .collect(Collectors.joining("|")));
  }

  @Override
  public int[] encode(String text) {
    Matcher found = token.matcher(text);
    if (!found.find()) {
      return pieces.encode(text);
    }
    IntStream.Builder encoded = IntStream.builder();
    int from = 0;
    do {
      between(text, from, found.start()).forEach(encoded);
      encoded.add(ids.get(found.group()));
      from = found.end();
    } while (found.find());
    between(text, from, text.length()).forEach(encoded);
    return encoded.build().toArray();
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
