package org.viditq.quantize.plan;

import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** How a plan's patterns mean names of layers. */
public enum PatternSyntax {
  /** The name contains the pattern: the product's own form. */
  PART_OF_NAME {
    @Override
    Predicate<String> compile(String pattern) {
      return name -> name.contains(pattern);
    }
  },

  /**
   * Parts between dots, one after the other somewhere in the name: {@code attn.v} means {@code
   * blocks.0.attn.v} but not {@code blocks.0.cross_attn.v_linear}. {@code *} stands for any part,
   * {@code [3-7]} for a number from 3 to 7; a dot at the end is ignored. The first published form.
   */
  PATH {
    @Override
    Predicate<String> compile(String pattern) {
      String[] wanted = pattern.split("\\.");
      return name -> {
        String[] parts = name.split("\\.");
        for (int start = 0; start + wanted.length <= parts.length; start++) {
          if (startsAt(parts, start, wanted)) {
            return true;
          }
        }
        return false;
      };
    }
  },

  /** A regular expression that is found in the name: the later published form. */
  REGULAR_EXPRESSION {
    @Override
    Predicate<String> compile(String pattern) {
      if (pattern.length() > MAX_EXPRESSION) {
        throw new IllegalArgumentException("it is longer than " + MAX_EXPRESSION + " characters");
      }
      try {
        Pattern compiled = Pattern.compile(pattern);
        return name -> compiled.matcher(new PatientText(name, pattern)).find();
      } catch (PatternSyntaxException malformed) {
        throw new IllegalArgumentException(malformed.getDescription(), malformed);
      } catch (StackOverflowError nested) {
        throw new IllegalArgumentException("it is nested too deeply", nested);
      }
    }
  };

  private static final int MAX_EXPRESSION = 2000;
  private static final Pattern NUMBERS = Pattern.compile("\\[(\\d{1,9})-(\\d{1,9})]");
  private static final Pattern NUMBER = Pattern.compile("\\d{1,9}");

  /**
   * Which names {@code pattern} means.
   *
   * @throws IllegalArgumentException saying what is wrong with the pattern
   */
  abstract Predicate<String> compile(String pattern);

  private static boolean startsAt(String[] parts, int start, String[] wanted) {
    for (int i = 0; i < wanted.length; i++) {
      if (!matches(parts[start + i], wanted[i])) {
        return false;
      }
    }
    return true;
  }

  private static boolean matches(String part, String wanted) {
    if (wanted.equals("*")) {
      return true;
    }
    var range = NUMBERS.matcher(wanted);
    if (!range.matches()) {
      return part.equals(wanted);
    }
    return NUMBER.matcher(part).matches()
        && Integer.parseInt(part) >= Integer.parseInt(range.group(1))
        && Integer.parseInt(part) <= Integer.parseInt(range.group(2));
  }

  /** A name that an expression may look at only so often: some take exponential time. */
  private static final class PatientText implements CharSequence {
    private static final int MOST_LOOKS = 1_000_000;

    private final String text;
    private final String pattern;
    private int looks;

    PatientText(String text, String pattern) {
      this.text = text;
      this.pattern = pattern;
    }

    @Override
    public int length() {
      return text.length();
    }

    @Override
    public char charAt(int index) {
      if (++looks > MOST_LOOKS) {
        throw new IllegalArgumentException(
            "the expression " + pattern + " takes too long on the name " + text);
      }
      return text.charAt(index);
    }

    @Override
    public CharSequence subSequence(int start, int end) {
      return text.subSequence(start, end);
    }

    @Override
    public String toString() {
      return text;
    }
  }
}
