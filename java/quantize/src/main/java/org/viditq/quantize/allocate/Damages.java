package org.viditq.quantize.allocate;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.viditq.core.error.UsageException;
import org.viditq.quantize.sensitivity.SensitivityTable;

/**
 * Mean worsening by unit, range and width, made fit for choices: what is better by chance does no
 * damage, and a wider width never does more than a narrower one, since that is chance as well.
 */
final class Damages {
  private final SensitivityTable table;
  private final Map<List<Integer>, SensitivityTable.Result> results = new HashMap<>();

  /**
   * @throws UsageException if a unit was not measured in some range and width
   */
  Damages(SensitivityTable table) {
    this.table = table;
    for (SensitivityTable.Result result : table.results()) {
      results.put(List.of(result.unit(), result.range(), result.bits()), result);
    }
    for (int unit = 0; unit < table.units().size(); unit++) {
      for (int range = 0; range < table.ranges(); range++) {
        for (int bits : table.bits()) {
          if (!results.containsKey(List.of(unit, range, bits))) {
            throw new UsageException(
                "The sensitivities lack "
                    + table.units().get(unit).name()
                    + " with "
                    + bits
                    + " bits in range "
                    + range
                    + "; measure them with 'viditq sensitivity' to the end.");
          }
        }
      }
    }
  }

  /** At least 0, in the metric's unit. */
  double of(int unit, int range, int bits, String metric) {
    double damage = 0;
    for (int wider : table.bits()) {
      if (wider >= bits) {
        damage = Math.max(damage, results.get(List.of(unit, range, wider)).mean(metric));
      }
    }
    return damage;
  }

  /** Of all units of a list in their narrowest width together; 1 if that does none. */
  double narrowest(List<Integer> units, String metric) {
    int bits = table.bits().stream().min(Integer::compare).orElseThrow();
    double sum = 0;
    for (int unit : units) {
      for (int range = 0; range < table.ranges(); range++) {
        sum += of(unit, range, bits, metric);
      }
    }
    return sum > 0 ? sum : 1;
  }
}
