package org.viditq.core.fuzz;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Damages JSON texts, preferably so that they still parse. */
public final class JsonMutations {
  private static final List<String> TOKENS =
      List.of(
          "{",
          "}",
          "[",
          "]",
          ",",
          ":",
          "\"",
          "\\",
          "\\u",
          "\0",
          " ",
          "\"\"",
          "\"x\"",
          "\"F16\"",
          "\"F8_E4M3\"",
          "\"shape\"",
          "\"data_offsets\"",
          "\"dtype\"",
          "\"__metadata__\"");

  private static final List<String> VALUES =
      List.of(
          "null",
          "true",
          "false",
          "0",
          "-0",
          "-1",
          "1",
          "3",
          "7",
          "0.5",
          "1e-300",
          "1e9",
          "1e999",
          "NaN",
          "Infinity",
          "-Infinity",
          "65536",
          "2147483647",
          "2147483648",
          "4294967296",
          "9223372036854775807",
          "9223372036854775808",
          "99999999999999999999999999",
          "\"\"",
          "\"x\"",
          "\"../../x\"",
          "[]",
          "[1]",
          "[[1]]",
          "{}",
          "{\"x\": 1}",
          "[null, null]");

  /** A scalar or an innermost array behind a key. */
  private static final Pattern VALUE =
      Pattern.compile("(?<=: )(\\[[^\\[\\]]*\\]|\"[^\"]*\"|[^\\s\\[{\",]+)");

  private JsonMutations() {}

  /** Replaces some characters by foreign tokens. */
  public static String withForeignTokens(String json, Random random) {
    StringBuilder mutated = new StringBuilder(json);
    for (int edits = 1 + random.nextInt(3); edits > 0; edits--) {
      int from = random.nextInt(mutated.length());
      int to = Math.min(mutated.length(), from + random.nextInt(8));
      mutated.replace(from, to, oneOf(random.nextBoolean() ? TOKENS : VALUES, random));
    }
    return mutated.toString();
  }

  /** Replaces some values (scalars and innermost arrays) by others, so that it mostly parses. */
  public static String withOtherValues(String json, Random random) {
    List<MatchResult> values = values(json);
    StringBuilder mutated = new StringBuilder(json);
    // From the back, so that the places before stay valid.
    int chosen = values.size();
    for (int edits = 1 + random.nextInt(3); edits > 0 && chosen > 0; edits--) {
      chosen = random.nextInt(chosen);
      MatchResult value = values.get(chosen);
      mutated.replace(value.start(), value.end(), oneOf(VALUES, random));
    }
    return mutated.toString();
  }

  /** Every value replaced by every other, one at a time. */
  public static List<String> withEachOtherValue(String json) {
    List<String> mutated = new ArrayList<>();
    for (MatchResult value : values(json)) {
      for (String other : VALUES) {
        mutated.add(json.substring(0, value.start()) + other + json.substring(value.end()));
      }
    }
    return mutated;
  }

  private static List<MatchResult> values(String json) {
    return VALUE.matcher(json).results().toList();
  }

  private static String oneOf(List<String> choices, Random random) {
    return choices.get(random.nextInt(choices.size()));
  }
}
