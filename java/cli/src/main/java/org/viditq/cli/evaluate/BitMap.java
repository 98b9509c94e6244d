package org.viditq.cli.evaluate;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.viditq.cli.report.Grid;
import org.viditq.cli.report.Grid.Row;
import org.viditq.cli.report.Grid.Shade;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.LinearLayer;
import org.viditq.core.quant.TimestepRange;
import org.viditq.quantize.plan.LayerPlan;
import org.viditq.quantize.plan.PlanResolver;
import org.viditq.quantize.plan.QuantizationPlan;

/** Which widths a plan gives to the layers of a model in which timesteps. */
final class BitMap {
  private static final int WIDEST = 8;

  private BitMap() {}

  /** Layers × ranges; empty for a plan that gives all layers the same. */
  static Optional<Grid> of(QuantizationPlan plan, DenoiserModel model) {
    Map<String, LayerPlan> layers = new PlanResolver(plan).resolve(model, warning -> {});
    TreeSet<Double> starts = new TreeSet<>();
    TreeSet<String> widths = new TreeSet<>();
    for (LayerPlan layer : layers.values()) {
      for (LayerPlan.Part part : layer.parts()) {
        starts.add(part.timesteps().start());
        widths.add(text(part));
      }
    }
    if (widths.size() < 2) {
      return Optional.empty();
    }
    List<Double> ranges = List.copyOf(starts);
    List<String> columns = new ArrayList<>();
    for (int i = 0; i < ranges.size(); i++) {
      double end = i + 1 < ranges.size() ? ranges.get(i + 1) : TimestepRange.ALL.end();
      columns.add(String.format(Locale.ROOT, "t %.0f–%.0f", ranges.get(i), Math.min(end, 1000)));
    }
    List<Row> rows = new ArrayList<>();
    for (LinearLayer layer : model.linearLayers()) {
      LayerPlan chosen = layers.get(layer.name());
      rows.add(
          new Row(
              layer.name(),
              ranges.stream()
                  .map(t -> chosen == null ? new Shade("full", 0) : shade(chosen, t))
                  .toList()));
    }
    return Optional.of(
        new Grid(
            "Bits of plan " + plan.name(),
            "Bits of weights / activations by layer and range of timesteps; darker is narrower, full"
                + " precision has no colour.",
            "layer",
            columns,
            rows));
  }

  private static Shade shade(LayerPlan layer, double timestep) {
    return layer.parts().stream()
        .filter(part -> part.timesteps().contains(timestep))
        .findFirst()
        .map(part -> new Shade(text(part), 1 - (part.weight().bits() - 1.0) / WIDEST))
        .orElse(Shade.NONE);
  }

  private static String text(LayerPlan.Part part) {
    return part.weight().bits() + " / " + part.activation().bits();
  }
}
