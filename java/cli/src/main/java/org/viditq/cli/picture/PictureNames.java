package org.viditq.cli.picture;

import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.text.BreakIterator;
import java.text.Normalizer;
import java.util.Locale;

/** Names of the files of pictures and clips in a folder, without ending. */
public final class PictureNames {
  /** File systems hold names of 255 bytes; number, seed, hash and ending need less than 100. */
  private static final int MOST_BYTES = 120;

  private PictureNames() {}

  /**
   * For example {@code 03-a-small-pink-star-seed42}: readable by prompt in any script, safe on
   * every file system.
   *
   * @param number of the prompt, from 1
   * @param seed as it was given
   */
  public static String of(int number, String prompt, String seed) {
    String name = name(number, slug(prompt), seed);
    try {
      Path.of(name);
      return name;
    } catch (InvalidPathException notInThisLocale) {
      // Java encodes names as the locale says, and LC_ALL=C knows ASCII only.
      return name(number, asciiSlug(prompt), seed);
    }
  }

  /** A name for the folder of a plan's pictures; plans of different names may get the same. */
  public static String folder(String plan) {
    return asciiSlug(plan);
  }

  private static String name(int number, String slug, String seed) {
    return String.format(Locale.ROOT, "%02d-%s-seed%s", number, slug, seed);
  }

  /**
   * Letters and digits of any script in lower case, with hyphens for what is between; {@code
   * picture} if there are none. Cut after a whole character at 120 bytes of UTF-8.
   */
  static String slug(String text) {
    String letters =
        Normalizer.normalize(text, Normalizer.Form.NFC)
            .toLowerCase(Locale.ROOT)
            .replaceAll("[^\\p{L}\\p{M}\\p{N}]+", "-")
            // A mark needs a letter to stand on.
            .replaceAll("(^|-)\\p{M}+", "$1")
            .replaceAll("^-+|-+$", "");
    String slug = cut(letters).replaceAll("-+$", "");
    return slug.isEmpty() ? "picture" : slug;
  }

  private static String cut(String text) {
    if (bytes(text) <= MOST_BYTES) {
      return text;
    }
    BreakIterator characters = BreakIterator.getCharacterInstance(Locale.ROOT);
    characters.setText(text);
    int end = 0;
    for (int next = characters.next();
        next != BreakIterator.DONE && bytes(text.substring(0, next)) <= MOST_BYTES;
        next = characters.next()) {
      end = next;
    }
    return text.substring(0, end);
  }

  private static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  /** The same of the ASCII letters and digits alone. */
  static String asciiSlug(String text) {
    return slug(
        Normalizer.normalize(text, Normalizer.Form.NFKD)
            .replaceAll("\\p{M}+", "")
            .replaceAll("\\P{ASCII}+", " "));
  }
}
