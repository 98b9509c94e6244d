package org.viditq.bench.pipeline;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.viditq.bench.report.BenchReport;
import org.viditq.cli.console.Quantities;
import org.viditq.cli.console.TextTable;

/** The figures of one size, beside those of the variants that others are compared with. */
final class PipelineTable {
  /** What speed is told in multiples of, by the names of the figures in JSON. */
  private static final Map<String, Variant> YARDSTICKS = new LinkedHashMap<>();

  static {
    YARDSTICKS.put("timesFp32", Variant.FP32);
    YARDSTICKS.put("timesW8A8", Variant.W8A8);
    YARDSTICKS.put("timesOnnxRuntimeInt8", Variant.ONNX_RUNTIME_INT8);
  }

  private final String title;
  private final List<Measured> measured;

  /**
   * @param title the size
   */
  PipelineTable(String title, List<Measured> measured) {
    this.title = title;
    this.measured = measured;
  }

  List<String> lines() {
    List<String> titles = new ArrayList<>(List.of(title, ">per evaluation"));
    YARDSTICKS.values().forEach(variant -> titles.add(">vs " + variant));
    titles.addAll(List.of(">peak memory", ">weights", ">of fp32"));
    TextTable table = new TextTable(titles.toArray(String[]::new));
    for (Measured one : measured) {
      List<String> cells =
          new ArrayList<>(
              List.of(one.name(), String.format(Locale.ROOT, "%.3f s", one.medianSeconds())));
      YARDSTICKS
          .values()
          .forEach(variant -> cells.add(speed(one, variant).map(Quantities::times).orElse("")));
      cells.add(Quantities.bytes(one.peakBytes()));
      cells.add(Quantities.bytes(one.weightBytes()));
      cells.add(weights(one).map(ratio -> String.format(Locale.ROOT, "%.3f", ratio)).orElse(""));
      table.row(cells.toArray(String[]::new));
    }
    return table.lines();
  }

  /** Adds {@code results}. */
  void putInto(ObjectNode node) {
    ArrayNode results = node.putArray("results");
    for (Measured one : measured) {
      ObjectNode row = results.addObject();
      row.put("name", one.name());
      row.put("medianSeconds", BenchReport.rounded(one.medianSeconds()));
      ArrayNode seconds = row.putArray("seconds");
      for (long nanos : one.nanos()) {
        seconds.add(BenchReport.rounded(nanos * 1e-9));
      }
      YARDSTICKS.forEach(
          (figure, variant) ->
              speed(one, variant).ifPresent(ratio -> row.put(figure, BenchReport.rounded(ratio))));
      row.put("peakResidentBytes", one.peakBytes());
      row.put("weightBytes", one.weightBytes());
      weights(one).ifPresent(ratio -> row.put("weightsOfFp32", BenchReport.rounded(ratio)));
    }
  }

  private Optional<Measured> of(Variant variant) {
    return measured.stream().filter(one -> one.name().equals(variant.toString())).findFirst();
  }

  private Optional<Double> speed(Measured one, Variant yardstick) {
    return of(yardstick).map(other -> other.medianSeconds() / one.medianSeconds());
  }

  private Optional<Double> weights(Measured one) {
    return of(Variant.FP32).map(full -> one.weightBytes() / (double) full.weightBytes());
  }
}
