package org.viditq.quantize.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.viditq.core.quant.TimestepRange;

/** Turns a plan's list of closed [start, end] timestep intervals into ranges that tile 0..1000. */
final class TimestepRanges {
  private static final int FIRST = 0;
  private static final int LAST = 1000;
  private static final int MOST_FOUND = 20;

  private static final Pattern FOUND = Pattern.compile("found:([0-9]{1,4})");

  private TimestepRanges() {}

  /**
   * N of the word {@code found:N}: so many ranges, which the calibration statistics say; empty if
   * the key is absent or a list.
   */
  static OptionalInt found(PlanNode node, String key) {
    if (!node.raw(key).isTextual()) {
      return OptionalInt.empty();
    }
    Matcher word = FOUND.matcher(node.raw(key).textValue());
    int count = word.matches() ? Integer.parseInt(word.group(1)) : 0;
    if (count < 1 || count > MOST_FOUND) {
      throw node.invalid(key, "a list of [start, end], or found:N with N from 1 to " + MOST_FOUND);
    }
    return OptionalInt.of(count);
  }

  /** Ranges of the same length, which stand for those that are found. */
  static List<TimestepRange> equal(int count) {
    List<TimestepRange> ranges = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ranges.add(new TimestepRange((LAST + 1) * i / count, (LAST + 1) * (i + 1) / count));
    }
    return ranges;
  }

  /**
   * @param key holds the intervals; one range over the whole schedule if absent
   */
  static List<TimestepRange> read(PlanNode node, String key) {
    List<int[]> pairs = node.pairs(key, FIRST, LAST);
    if (pairs.isEmpty()) {
      return List.of(TimestepRange.ALL);
    }
    List<TimestepRange> ranges = new ArrayList<>();
    int next = FIRST;
    for (int[] pair : pairs) {
      if (pair[1] < pair[0]) {
        throw node.contradiction(key, "[" + pair[0] + ", " + pair[1] + "] ends before it starts");
      }
      if (pair[0] > next) {
        throw node.contradiction(
            key, "timesteps " + next + " to " + (pair[0] - 1) + " belong to no range");
      }
      if (pair[0] < next) {
        throw node.contradiction(
            key,
            "["
                + pair[0]
                + ", "
                + pair[1]
                + "] overlaps the range before it; ranges must ascend and start at "
                + FIRST);
      }
      ranges.add(TimestepRange.closed(pair[0], pair[1]));
      next = pair[1] + 1;
    }
    if (next <= LAST) {
      throw node.contradiction(key, "timesteps " + next + " to " + LAST + " belong to no range");
    }
    return ranges;
  }
}
