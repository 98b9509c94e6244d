package org.viditq.quantize.sensitivity;

import java.util.ArrayList;
import java.util.List;
import org.viditq.core.quant.TimestepRange;

/** The schedule cut into ranges of equal length. */
public final class EqualRanges {
  /** More would hold less than a sampling step each. */
  public static final int MOST = 50;

  private static final double STEPS = 1000;

  private EqualRanges() {}

  /** Range i of n is [1000 i / n, 1000 (i + 1) / n); the last one takes timestep 1000 as well. */
  public static List<TimestepRange> of(int count) {
    List<TimestepRange> ranges = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      double end = i + 1 == count ? TimestepRange.ALL.end() : STEPS * (i + 1) / count;
      ranges.add(new TimestepRange(STEPS * i / count, end));
    }
    return ranges;
  }
}
