package org.viditq.quantize.allocate;

import java.util.List;
import java.util.TreeSet;
import org.viditq.core.quant.TimestepRange;
import org.viditq.quantize.plan.PlanTemplate;
import org.viditq.quantize.plan.QuantizationPlan;
import org.viditq.quantize.sensitivity.EqualRanges;
import org.viditq.quantize.sensitivity.SensitivityTable;

/**
 * What layers take whose widths differ from range to range: a weight set for each stretch of time
 * in which neither the width nor the balancing changes, as plans are applied.
 */
final class StoredBytes {
  private final SensitivityTable table;
  private final List<TimestepRange> ranges;

  /** Where balancing changes, its end included. */
  private final TreeSet<Double> balanceStarts = new TreeSet<>();

  StoredBytes(SensitivityTable table) {
    this.table = table;
    this.ranges = EqualRanges.of(table.ranges());
    QuantizationPlan plan =
        PlanTemplate.of(table.planYaml(), table.planName(), "the plan of the sensitivities").plan();
    plan.balancing()
        .ifPresent(b -> b.ranges().forEach(r -> balanceStarts.add(r.timesteps().start())));
  }

  /**
   * Bytes of a unit.
   *
   * @param widths by range
   */
  long of(SensitivityTable.Unit unit, int[] widths) {
    long bytes = 0;
    for (int range = 0; range < widths.length; range++) {
      // A set begins where the width changes, and wherever balancing does within the range.
      boolean begins = range == 0 || widths[range] != widths[range - 1];
      TimestepRange time = ranges.get(range);
      int sets = balanceStarts.subSet(time.start(), false, time.end(), false).size();
      if (begins || balanceStarts.contains(time.start())) {
        sets++;
      }
      for (SensitivityTable.Layer layer : unit.layers()) {
        bytes = Math.addExact(bytes, sets * layer.bytes().get(widths[range]));
      }
    }
    return bytes;
  }

  long of(int[][] widths) {
    long bytes = 0;
    for (int unit = 0; unit < widths.length; unit++) {
      bytes = Math.addExact(bytes, of(table.units().get(unit), widths[unit]));
    }
    return bytes;
  }
}
