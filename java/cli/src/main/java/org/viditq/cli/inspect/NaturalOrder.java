package org.viditq.cli.inspect;

import java.math.BigInteger;
import java.util.Comparator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Orders names as people do: numbers in them by value, so that block 10 follows block 9. */
final class NaturalOrder implements Comparator<String> {
  private static final Pattern PART = Pattern.compile("\\d+|\\D+");

  @Override
  public int compare(String first, String second) {
    Matcher a = PART.matcher(first);
    Matcher b = PART.matcher(second);
    while (true) {
      boolean more = a.find();
      if (!b.find()) {
        // Names that differ in leading zeros only are still two names.
        return more ? 1 : first.compareTo(second);
      }
      if (!more) {
        return -1;
      }
      int order = compareParts(a.group(), b.group());
      if (order != 0) {
        return order;
      }
    }
  }

  private static int compareParts(String a, String b) {
    return isNumber(a) && isNumber(b)
        ? new BigInteger(a).compareTo(new BigInteger(b))
        : a.compareTo(b);
  }

  private static boolean isNumber(String part) {
    return Character.isDigit(part.charAt(0));
  }
}
