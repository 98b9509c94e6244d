package org.viditq.quantize.plan;

import java.util.Collection;
import java.util.Optional;

/** Finds what a misspelled word was probably meant to be. */
final class Suggestion {
  private Suggestion() {}

  /** {@code "; did you mean X?"} without its question mark, or nothing. */
  static String closest(String word, Collection<String> known) {
    return find(word, known).map(k -> "; did you mean " + k).orElse("");
  }

  /** The known word within a third of the length (at least 2) in edit distance, if any. */
  static Optional<String> find(String word, Collection<String> known) {
    String best = null;
    int bestDistance = Math.max(2, word.length() / 3) + 1;
    for (String candidate : known) {
      int distance = distance(word, candidate);
      if (distance < bestDistance) {
        best = candidate;
        bestDistance = distance;
      }
    }
    return Optional.ofNullable(best);
  }

  /** Levenshtein distance. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int substitution = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(substitution, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }
}
