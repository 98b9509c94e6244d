package org.viditq.core.text;

import java.util.Arrays;
import java.util.Optional;
import org.viditq.core.error.UsageException;

/** Cuts pieces to a length, and puts the special tokens of a model around them. */
final class SpecialTokens {
  private SpecialTokens() {}

  /**
   * @param before tokens before the pieces, as are those {@code after} them never cut
   * @throws UsageException if {@code length} is less than the tokens before and after
   */
  static TokenizedText around(
      SubwordVocabulary vocabulary, String text, int length, int[] before, int[] after, int pad) {
    int room = length - before.length - after.length;
    if (room < 0) {
      throw new UsageException(
          "A text of "
              + length
              + " tokens has no room for the "
              + (before.length + after.length)
              + " special tokens of this tokenizer.");
    }
    int[] pieces = vocabulary.encode(text);
    int kept = Math.min(pieces.length, room);
    int used = before.length + kept + after.length;
    int[] ids = new int[length];
    System.arraycopy(before, 0, ids, 0, before.length);
    System.arraycopy(pieces, 0, ids, before.length, kept);
    System.arraycopy(after, 0, ids, before.length + kept, after.length);
    Arrays.fill(ids, used, length, pad);
    int[] mask = new int[length];
    Arrays.fill(mask, 0, used, 1);
    Optional<String> removed =
        kept < pieces.length
            ? Optional.of(vocabulary.decode(Arrays.copyOfRange(pieces, kept, pieces.length)))
            : Optional.empty();
    return new TokenizedText(ids, mask, removed);
  }
}
