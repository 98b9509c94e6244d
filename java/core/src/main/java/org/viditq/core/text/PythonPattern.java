package org.viditq.core.text;

import java.util.regex.Pattern;

/**
 * Regular expressions with the meaning that Python's {@code re} gives them on strings: {@code \w}
 * is a letter or number of any script or {@code _}, {@code \d} a decimal digit of any script,
 * {@code \s} what {@code str.isspace} calls white space, {@code \b} the border of a {@code \w}, and
 * {@code $} the end or a last line feed.
 */
final class PythonPattern {
  private static final String WORD = "\\p{L}\\p{N}_";
  private static final String DIGIT = "\\p{Nd}";
  private static final String SPACE =
      "\\x09-\\x0D\\x1C-\\x20\\x85\\xA0\\u1680\\u2000-\\u200A\\u2028\\u2029\\u202F\\u205F\\u3000";
  private static final String BORDER =
      "(?:(?<=[" + WORD + "])(?![" + WORD + "])|(?<![" + WORD + "])(?=[" + WORD + "]))";

  private PythonPattern() {}

  /**
   * @param regex in which no class holds {@code \D} or {@code \S} beside other members
   */
  static Pattern compile(String regex) {
    StringBuilder translated = new StringBuilder();
    boolean inClass = false;
    for (int i = 0; i < regex.length(); i++) {
      char c = regex.charAt(i);
      if (c == '\\') {
        translated.append(escape(regex.charAt(++i), inClass));
        continue;
      }
      // A class of our patterns holds no bracket that is not escaped.
      inClass = c == '[' || inClass && c != ']';
      translated.append(c);
    }
    return Pattern.compile(translated.toString(), Pattern.UNIX_LINES);
  }

  private static String escape(char c, boolean inClass) {
    return switch (c) {
      case 'w' -> inClass ? WORD : "[" + WORD + "]";
      case 'd' -> inClass ? DIGIT : "[" + DIGIT + "]";
      case 's' -> inClass ? SPACE : "[" + SPACE + "]";
      case 'D' -> "[^" + DIGIT + "]";
      case 'S' -> "[^" + SPACE + "]";
      case 'b' -> BORDER;
      default -> "\\" + c;
    };
  }
}
