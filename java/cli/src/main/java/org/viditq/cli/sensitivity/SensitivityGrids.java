package org.viditq.cli.sensitivity;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.viditq.cli.report.Grid;
import org.viditq.cli.report.Grid.Row;
import org.viditq.cli.report.Grid.Shade;
import org.viditq.quantize.sensitivity.EqualRanges;
import org.viditq.quantize.sensitivity.SensitivityTable;
import org.viditq.quantize.sensitivity.SensitivityTable.Metric;
import org.viditq.quantize.sensitivity.SensitivityTable.Result;
import org.viditq.quantize.sensitivity.SensitivityTable.Unit;

/** Heat maps of sensitivities in the narrowest width that was tried. */
public final class SensitivityGrids {
  private static final String COLOURS =
      " Darker is worse; colours of a column run from no damage to its largest.";

  private final SensitivityTable table;
  private final int bits;

  private SensitivityGrids(SensitivityTable table) {
    this.table = table;
    this.bits = table.bits().get(table.bits().size() - 1);
  }

  /** Types of layers × metrics, and for each metric its units × ranges of timesteps. */
  public static List<Grid> of(SensitivityTable table) {
    SensitivityGrids grids = new SensitivityGrids(table);
    List<Grid> all = new ArrayList<>();
    all.add(grids.types());
    table.metrics().forEach(metric -> all.add(grids.ranges(metric)));
    return all;
  }

  private Grid types() {
    Map<String, List<Integer>> types = new LinkedHashMap<>();
    for (int unit = 0; unit < table.units().size(); unit++) {
      types
          .computeIfAbsent(table.units().get(unit).type().label(), type -> new ArrayList<>())
          .add(unit);
    }
    List<String> names = List.copyOf(types.keySet());
    OptionalDouble[][] values = new OptionalDouble[names.size()][table.metrics().size()];
    for (int row = 0; row < names.size(); row++) {
      List<Integer> units = types.get(names.get(row));
      for (int column = 0; column < table.metrics().size(); column++) {
        String metric = table.metrics().get(column).id();
        values[row][column] =
            table.results().stream()
                .filter(result -> units.contains(result.unit()) && has(result, metric))
                .mapToDouble(result -> result.mean(metric))
                .average();
      }
    }
    return new Grid(
        "Sensitivity by type of layer and metric",
        "Mean worsening over units, ranges and prompts with " + bits + "-bit weights." + COLOURS,
        "type",
        table.metrics().stream()
            .map(metric -> metric.id() + " (" + metric.direction().words() + ")")
            .toList(),
        shaded(names, values));
  }

  private Grid ranges(Metric metric) {
    boolean squared = metric.id().equals(table.meanSquaredError());
    List<Integer> units =
        IntStream.range(0, table.units().size())
            .filter(unit -> squared || table.units().get(unit).metric().equals(metric.id()))
            .boxed()
            .toList();
    OptionalDouble[][] values = new OptionalDouble[units.size()][table.ranges()];
    for (int row = 0; row < units.size(); row++) {
      int unit = units.get(row);
      for (int column = 0; column < table.ranges(); column++) {
        int range = column;
        values[row][column] =
            table.results().stream()
                .filter(r -> r.unit() == unit && r.range() == range && has(r, metric.id()))
                .mapToDouble(result -> result.mean(metric.id()))
                .findFirst();
      }
    }
    return new Grid(
        metric.id() + " by layer and range of timesteps",
        (squared ? "All units" : "The units that are ranked by it")
            + ", mean worsening over prompts with "
            + bits
            + "-bit weights."
            + COLOURS,
        "unit",
        EqualRanges.of(table.ranges()).stream()
            .map(r -> String.format(Locale.ROOT, "t %.0f–%.0f", r.start(), r.end()))
            .toList(),
        shaded(units.stream().map(table.units()::get).map(Unit::name).toList(), values));
  }

  private boolean has(Result result, String metric) {
    return result.bits() == bits && result.worsening().containsKey(metric);
  }

  private static List<Row> shaded(List<String> names, OptionalDouble[][] values) {
    int columns = values.length == 0 ? 0 : values[0].length;
    double[] largest = new double[columns];
    for (OptionalDouble[] row : values) {
      for (int column = 0; column < columns; column++) {
        largest[column] = Math.max(largest[column], row[column].orElse(0));
      }
    }
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      List<Shade> cells = new ArrayList<>();
      for (int column = 0; column < columns; column++) {
        OptionalDouble value = values[i][column];
        cells.add(
            value.isEmpty()
                ? Shade.NONE
                : new Shade(
                    String.format(Locale.ROOT, "%.3g", value.getAsDouble()),
                    largest[column] > 0 ? value.getAsDouble() / largest[column] : 0));
      }
      rows.add(new Row(names.get(i), cells));
    }
    return rows;
  }
}
