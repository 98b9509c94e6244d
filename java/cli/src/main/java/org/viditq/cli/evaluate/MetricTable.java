package org.viditq.cli.evaluate;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.viditq.cli.console.TextTable;
import org.viditq.cli.picture.Spread;
import org.viditq.cli.report.Grid;
import org.viditq.cli.report.Grid.Shade;
import org.viditq.core.pipeline.Clip;
import org.viditq.quantize.metric.BootstrapInterval;
import org.viditq.quantize.metric.clip.ClipMetric;
import org.viditq.quantize.metric.clip.JudgedClip;
import org.viditq.quantize.metric.clip.ReferenceClip;

/** What metrics say of the plans' clips, beside what they say of the full-precision ones. */
final class MetricTable {
  private final List<ClipMetric> metrics;
  private final List<String> prompts;
  private final List<ReferenceClip> references;

  /** By metric id, then plan; figures by prompt. Full precision first. */
  private final Map<String, Map<String, double[]>> figures = new LinkedHashMap<>();

  MetricTable(List<ClipMetric> metrics, List<String> prompts, List<Clip> references) {
    this.metrics = List.copyOf(metrics);
    this.prompts = List.copyOf(prompts);
    this.references = references.stream().map(clip -> new ReferenceClip(clip.pixels())).toList();
  }

  /** Judges clips. */
  void add(String plan, List<Clip> clips) {
    for (ClipMetric metric : metrics) {
      double[] values = new double[clips.size()];
      for (int i = 0; i < values.length; i++) {
        values[i] =
            metric.of(JudgedClip.of(clips.get(i).pixels(), references.get(i), prompts.get(i)));
      }
      figures.computeIfAbsent(metric.id(), id -> new LinkedHashMap<>()).put(plan, values);
    }
  }

  /** How much worse than full precision, by prompt; NaN where both are infinite. */
  private double[] worsening(ClipMetric metric, String plan) {
    Map<String, double[]> plans = figures.get(metric.id());
    double[] reference = plans.values().iterator().next();
    double[] test = plans.get(plan);
    double[] worse = new double[test.length];
    Arrays.setAll(worse, i -> metric.worsening(reference[i], test[i]));
    return worse;
  }

  /** A table per metric. */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    for (ClipMetric metric : metrics) {
      TextTable table =
          new TextTable("plan", ">" + metric.id(), ">±", ">worse by", ">95 % of the mean");
      for (Map.Entry<String, double[]> plan : figures.get(metric.id()).entrySet()) {
        Spread spread = spread(plan.getValue());
        double[] worse = worsening(metric, plan.getKey());
        boolean finite = Arrays.stream(worse).allMatch(Double::isFinite);
        BootstrapInterval interval = finite ? BootstrapInterval.of(worse) : null;
        table.row(
            plan.getKey(),
            number(spread.mean()),
            number(spread.deviation()),
            finite ? number(Arrays.stream(worse).average().orElseThrow()) : "–",
            finite ? number(interval.low()) + " to " + number(interval.high()) : "–");
      }
      lines.add("");
      lines.add(metric.id() + ", " + metric.direction().words() + ":");
      lines.addAll(table.lines());
    }
    return lines;
  }

  /** A table per metric for the page, coloured by how much worse a plan is. */
  List<Grid> grids() {
    return metrics.stream().map(this::grid).toList();
  }

  private Grid grid(ClipMetric metric) {
    Map<String, double[]> plans = figures.get(metric.id());
    Map<String, Double> means = new LinkedHashMap<>();
    plans.keySet().forEach(plan -> means.put(plan, mean(worsening(metric, plan))));
    double largest =
        means.values().stream().filter(Double::isFinite).mapToDouble(v -> v).max().orElse(0);
    List<Grid.Row> rows = new ArrayList<>();
    plans.forEach(
        (plan, values) -> {
          Spread spread = spread(values);
          double[] worse = worsening(metric, plan);
          boolean finite = Arrays.stream(worse).allMatch(Double::isFinite);
          BootstrapInterval interval = finite ? BootstrapInterval.of(worse) : null;
          double depth = finite && largest > 0 ? means.get(plan) / largest : 0;
          rows.add(
              new Grid.Row(
                  plan,
                  List.of(
                      new Shade(number(spread.mean()), 0),
                      new Shade(number(spread.deviation()), 0),
                      finite ? new Shade(number(means.get(plan)), depth) : Shade.NONE,
                      finite
                          ? new Shade(number(interval.low()) + " to " + number(interval.high()), 0)
                          : Shade.NONE)));
        });
    return new Grid(
        metric.id() + ", " + metric.direction().words(),
        "Over the prompts; darker is worse against full precision.",
        "plan",
        List.of("mean", "± deviation", "worse by", "95 % of that mean (bootstrap)"),
        rows);
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElseThrow();
  }

  /** Mean ± deviation, for the page's columns, in their order. */
  List<String> cells(String plan) {
    return metrics.stream()
        .map(
            metric -> {
              Spread spread = spread(figures.get(metric.id()).get(plan));
              return number(spread.mean()) + " ± " + number(spread.deviation());
            })
        .toList();
  }

  /** Titles of the page's columns. */
  List<String> columns() {
    return metrics.stream()
        .map(metric -> metric.id() + " (" + metric.direction().words() + ")")
        .toList();
  }

  /** Adds all figures; JSON has no infinity, which is null there. */
  void putInto(ObjectNode root) {
    ArrayNode array = root.putArray("metrics");
    for (ClipMetric metric : metrics) {
      ObjectNode node = array.addObject();
      node.put("name", metric.id());
      node.put("direction", metric.direction().name().toLowerCase(Locale.ROOT));
      ObjectNode plans = node.putObject("plans");
      figures
          .get(metric.id())
          .forEach(
              (plan, values) -> {
                ObjectNode one = plans.putObject(plan);
                Spread spread = spread(values);
                one.put("mean", finite(spread.mean()));
                one.put("deviation", spread.deviation());
                double[] worse = worsening(metric, plan);
                if (Arrays.stream(worse).allMatch(Double::isFinite)) {
                  BootstrapInterval interval = BootstrapInterval.of(worse);
                  one.put("worseBy", Arrays.stream(worse).average().orElseThrow());
                  one.put("worseByLow", interval.low());
                  one.put("worseByHigh", interval.high());
                }
                ArrayNode each = one.putArray("perPicture");
                for (double value : values) {
                  each.add(finite(value));
                }
              });
    }
  }

  private static Spread spread(double[] values) {
    return Spread.of(Arrays.stream(values).boxed().toList());
  }

  private static Double finite(double value) {
    return Double.isFinite(value) ? value : null;
  }

  private static String number(double value) {
    return Double.isFinite(value) ? String.format(Locale.ROOT, "%.4g", value) : "∞";
  }
}
