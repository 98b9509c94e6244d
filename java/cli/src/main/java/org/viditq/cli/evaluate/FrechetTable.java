package org.viditq.cli.evaluate;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.viditq.cli.console.Quantities;
import org.viditq.cli.console.TextTable;
import org.viditq.cli.report.Grid;
import org.viditq.cli.report.Grid.Shade;
import org.viditq.core.error.UsageException;
import org.viditq.core.pipeline.Clip;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.metric.FeatureStatistics;
import org.viditq.quantize.metric.FrechetEstimate;
import org.viditq.quantize.metric.clip.FeatureNetwork;

/**
 * Fréchet distances of the plans' pictures, as sets, from the full-precision ones and from a set
 * that was given.
 */
final class FrechetTable {
  /**
   * Of a plan.
   *
   * @param toFullPrecision empty for full precision itself
   * @param toReference empty where no set was given
   */
  private record Distances(
      Optional<FrechetEstimate> toFullPrecision, Optional<FrechetEstimate> toReference) {}

  private final FeatureNetwork network;
  private final Optional<FeatureStatistics> reference;
  private final String referenceName;
  private final List<Tensor> fullPrecision;
  private final Map<String, Distances> distances = new LinkedHashMap<>();

  /**
   * @param reference of a set that plans are held to as well
   * @param referenceName what the table calls it
   * @param references the full-precision clips
   * @throws UsageException if the reference has another number of features
   */
  FrechetTable(
      FeatureNetwork network,
      Optional<FeatureStatistics> reference,
      String referenceName,
      List<Clip> references) {
    this.network = network;
    this.reference = reference;
    this.referenceName = referenceName;
    fullPrecision = features(references);
    reference.ifPresent(
        set -> {
          if (set.fit().features() != width()) {
            throw new UsageException(
                "The network "
                    + network.id()
                    + " gives "
                    + width()
                    + " features, and --frechet-reference has "
                    + set.fit().features()
                    + ".");
          }
        });
    distances.put("full precision", new Distances(Optional.empty(), toReference(fullPrecision)));
  }

  private List<Tensor> features(List<Clip> clips) {
    return clips.stream().map(clip -> network.of(clip.pixels())).toList();
  }

  private int width() {
    return fullPrecision.get(0).dim(1);
  }

  private Optional<FrechetEstimate> toReference(List<Tensor> features) {
    return reference.map(set -> FrechetEstimate.of(features, set.fit()));
  }

  /** Measures clips of a plan. */
  void add(String plan, List<Clip> clips) {
    List<Tensor> features = features(clips);
    distances.put(
        plan,
        new Distances(
            Optional.of(FrechetEstimate.ofPairs(features, fullPrecision)), toReference(features)));
  }

  private int vectors() {
    return fullPrecision.stream().mapToInt(features -> features.dim(0)).sum();
  }

  private String title() {
    return "Fréchet distance by " + network.id() + ", lower is better";
  }

  /** The table, and below it what is to be known about so few vectors. */
  List<String> lines() {
    List<String> columns =
        new ArrayList<>(List.of("plan", ">from full precision", ">95 % by bootstrap"));
    if (reference.isPresent()) {
      columns.addAll(List.of(">from " + referenceName, ">95 % by bootstrap"));
    }
    TextTable table = new TextTable(columns.toArray(String[]::new));
    distances.forEach(
        (plan, of) -> {
          List<String> row = new ArrayList<>(List.of(plan));
          row.addAll(cells(of.toFullPrecision()));
          if (reference.isPresent()) {
            row.addAll(cells(of.toReference()));
          }
          table.row(row.toArray(String[]::new));
        });
    List<String> lines = new ArrayList<>(List.of("", title() + ":"));
    lines.addAll(table.lines());
    caution().ifPresent(lines::add);
    return lines;
  }

  /** What makes the distances less than they seem, if anything. */
  Optional<String> caution() {
    if (vectors() > width()) {
      return Optional.empty();
    }
    return Optional.of(
        Quantities.of(vectors(), "vector")
            + " of "
            + Quantities.of(width(), "feature")
            + " leave the covariances singular: Fréchet distances compare with those of equally many"
            + " pictures only.");
  }

  private static List<String> cells(Optional<FrechetEstimate> estimate) {
    return List.of(
        estimate.map(e -> number(e.distance())).orElse("–"),
        estimate.map(e -> number(e.low()) + " to " + number(e.high())).orElse("–"));
  }

  /** The table for the page, coloured by the distance from full precision. */
  Grid grid() {
    double largest =
        distances.values().stream()
            .flatMap(of -> of.toFullPrecision().stream())
            .mapToDouble(FrechetEstimate::distance)
            .max()
            .orElse(0);
    List<String> columns = new ArrayList<>(List.of("from full precision", "95 % (bootstrap)"));
    if (reference.isPresent()) {
      columns.addAll(List.of("from " + referenceName, "95 % (bootstrap)"));
    }
    List<Grid.Row> rows = new ArrayList<>();
    distances.forEach(
        (plan, of) -> {
          double depth =
              largest > 0
                  ? of.toFullPrecision().map(FrechetEstimate::distance).orElse(0.0) / largest
                  : 0;
          List<Shade> shades = new ArrayList<>();
          List<String> own = cells(of.toFullPrecision());
          shades.add(new Shade(own.get(0), depth));
          shades.add(new Shade(own.get(1), 0));
          if (reference.isPresent()) {
            cells(of.toReference()).forEach(text -> shades.add(new Shade(text, 0)));
          }
          rows.add(new Grid.Row(plan, shades));
        });
    return new Grid(
        title(),
        "Of all pictures as a set; darker is farther from full precision."
            + caution().map(sentence -> " " + sentence).orElse(""),
        "plan",
        columns,
        rows);
  }

  /** Title of the page's column. */
  String column() {
    return "Fréchet distance (" + network.id() + ")";
  }

  /** The distance from full precision, for the page's column. */
  String cell(String plan) {
    return cells(distances.get(plan).toFullPrecision()).get(0);
  }

  /** Adds all figures. */
  void putInto(ObjectNode root) {
    ObjectNode node = root.putObject("frechet");
    node.put("name", network.id());
    node.put("features", width());
    node.put("vectors", vectors());
    reference.ifPresent(
        set -> {
          node.put("reference", referenceName);
          if (set.vectors() > 0) {
            node.put("referenceVectors", set.vectors());
          }
        });
    ObjectNode plans = node.putObject("plans");
    distances.forEach(
        (plan, of) -> {
          ObjectNode one = plans.putObject(plan);
          of.toFullPrecision().ifPresent(e -> put(one.putObject("fromFullPrecision"), e));
          of.toReference().ifPresent(e -> put(one.putObject("fromReference"), e));
        });
  }

  private static void put(ObjectNode node, FrechetEstimate estimate) {
    node.put("distance", estimate.distance());
    node.put("low", estimate.low());
    node.put("high", estimate.high());
    node.put("resamples", estimate.resamples());
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.4g", value);
  }
}
