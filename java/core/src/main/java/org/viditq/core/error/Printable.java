package org.viditq.core.error;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Text that comes from a file, made fit for a message: on one line, of bounded length, and without
 * anything that a terminal would obey (escape sequences, line ends, changes of the writing
 * direction) or that cannot be seen.
 */
public final class Printable {
  private static final int MAX_NAME = 200;
  private static final int MAX_EXTENTS = 16;

  private Printable() {}

  /**
   * A name or a short text: control, format, private, unassigned and line-separating characters and
   * lone surrogates are written as {@code \n}, {@code \t}, {@code \r} or {@code \}{@code uXXXX}; of
   * more than 200 characters the first 197 are kept, and {@code ...} follows.
   */
  public static String name(String text) {
    StringBuilder shown = new StringBuilder(Math.min(text.length(), MAX_NAME) + 16);
    int cut = 0;
    for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
      append(shown, text.codePointAt(i));
      if (shown.length() <= MAX_NAME - 3) {
        cut = shown.length();
      }
      if (shown.length() > MAX_NAME) {
        shown.setLength(cut);
        return shown.append("...").toString();
      }
    }
    return shown.toString();
  }

  /**
   * A whole message, whose length is its author's business: what {@link #name} escapes is escaped.
   */
  public static String line(String text) {
    if (text.codePoints().noneMatch(Printable::isHidden)) {
      return text;
    }
    StringBuilder shown = new StringBuilder(text.length() + 16);
    text.codePoints().forEach(character -> append(shown, character));
    return shown.toString();
  }

  /** Extents in brackets; of more than 16 the first 8, and their number. */
  public static String extents(long[] extents) {
    if (extents.length <= MAX_EXTENTS) {
      return Arrays.toString(extents);
    }
    return Arrays.stream(extents)
        .limit(MAX_EXTENTS / 2)
        .mapToObj(Long::toString)
        .collect(Collectors.joining(", ", "[", ", ... of rank " + extents.length + "]"));
  }

  private static void append(StringBuilder shown, int character) {
    if (!isHidden(character)) {
      shown.appendCodePoint(character);
      return;
    }
    switch (character) {
      case '\n' -> shown.append("\\n");
      case '\r' -> shown.append("\\r");
      case '\t' -> shown.append("\\t");
      default -> {
        for (char unit : Character.toChars(character)) {
          shown.append(String.format(Locale.ROOT, "\\u%04x", (int) unit));
        }
      }
    }
  }

  private static boolean isHidden(int character) {
    return switch (Character.getType(character)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          true;
      default -> false;
    };
  }
}
