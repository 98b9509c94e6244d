package org.viditq.quantize.allocate;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.viditq.quantize.plan.PlanTemplate;
import org.viditq.quantize.sensitivity.SensitivityTable;

/** An allocation as a plan, and as a map that the published code reads. */
public final class AllocatedPlan {
  private AllocatedPlan() {}

  /**
   * The plan that was measured, with a mixed-precision map in it.
   *
   * @param name of the plan
   * @param description one line for people
   */
  public static String yaml(Allocation allocation, String name, String description) {
    SensitivityTable table = allocation.table();
    return PlanTemplate.of(table.planYaml(), table.planName(), "the plan of the sensitivities")
        .yaml(name, description, table.bits(), map(allocation, layer -> List.of(layer.name())));
  }

  /**
   * The map alone, by the names of the published code with {@code model.} before them, and by ours
   * where it has no name for a layer.
   */
  public static String publishedMap(Allocation allocation) {
    return PlanTemplate.publishedMap(
        map(
            allocation,
            layer ->
                (layer.published().isEmpty() ? List.of(layer.name()) : layer.published())
                    .stream().map(name -> "model." + name).toList()));
  }

  private static Map<String, Map<String, Integer>> map(
      Allocation allocation, Function<SensitivityTable.Layer, List<String>> names) {
    SensitivityTable table = allocation.table();
    Map<String, Map<String, Integer>> map = new LinkedHashMap<>();
    for (int range = table.ranges() - 1; range >= 0; range--) {
      Map<String, Integer> widths = new TreeMap<>();
      for (int unit = 0; unit < table.units().size(); unit++) {
        int bits = allocation.widths()[unit][range];
        for (SensitivityTable.Layer layer : table.units().get(unit).layers()) {
          names.apply(layer).forEach(name -> widths.put(name, bits));
        }
      }
      map.put(steps(range, table.ranges(), table.steps()), widths);
    }
    return map;
  }

  /** The range in sampling steps, where these can be told; otherwise in steps as many as ranges. */
  private static String steps(int range, int ranges, int steps) {
    int each = steps % ranges == 0 ? steps / ranges : 1;
    int low = range * each;
    int high = low + each - 1;
    return low == high ? Integer.toString(low) : high + "-" + low;
  }
}
