package org.viditq.quantize.plan;

import java.util.ArrayList;
import java.util.List;
import org.viditq.core.quant.TimestepRange;

/** Turns a plan's list of closed [start, end] timestep intervals into ranges that tile 0..1000. */
final class TimestepRanges {
  private static final int FIRST = 0;
  private static final int LAST = 1000;

  private TimestepRanges() {}

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
