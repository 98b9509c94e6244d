package org.viditq.bench.gemm;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.viditq.bench.gemm.GemmCommand.Layer;
import org.viditq.bench.report.BenchReport;
import org.viditq.cli.console.Console;
import org.viditq.cli.console.Quantities;
import org.viditq.cli.console.TextTable;

/** What was measured of one shape, as a table and as JSON. */
final class GemmTable {
  static final String ONE_DNN = "onednn-f32";
  static final String ONNX_RUNTIME_FLOAT = "onnxruntime-f32";
  static final String ONNX_RUNTIME = "onnxruntime-dynamic-int8";

  private final GemmShape shape;
  private final List<Layer> layers;
  private final Map<String, Double> medians;
  private final boolean scaling;
  // Operations per nanosecond by instruction set, of one thread.
  private final Map<String, Double> peakRates = new LinkedHashMap<>();

  /**
   * @param medians nanoseconds, of peaks and of layers' contenders by name
   */
  GemmTable(
      GemmShape shape, List<PeakLoop> peaks, List<Layer> layers, Map<String, Double> medians) {
    this.shape = shape;
    this.layers = layers;
    this.medians = medians;
    this.scaling = layers.stream().mapToInt(Layer::threads).distinct().count() > 1;
    for (PeakLoop peak : peaks) {
      peakRates.put(
          peak.name().substring("peak-".length()), peak.operations() / medians.get(peak.name()));
    }
  }

  /** Prints the table and returns the JSON. */
  ObjectNode report(Console console) {
    ObjectNode result = Console.object().put("shape", shape.toString());
    TextTable table = new TextTable(titles().toArray(String[]::new));
    peakRates.forEach(
        (isa, rate) -> {
          result.withObject("/peakGops").put(isa, BenchReport.rounded(rate));
          List<String> cells = new ArrayList<>(List.of("peak-" + isa, "", whole(rate)));
          while (cells.size() < titles().size()) {
            cells.add("");
          }
          table.row(cells.toArray(String[]::new));
        });
    for (Layer layer : layers) {
      table.row(row(layer, result.withArray("/results").addObject()).toArray(String[]::new));
    }
    table.lines().forEach(console::result);
    console.result("");
    return result;
  }

  private List<String> titles() {
    List<String> titles =
        new ArrayList<>(
            List.of(shape.toString(), ">ms", ">Gop/s", ">vs oneDNN f32", ">vs ONNX Runtime int8"));
    if (scaling) {
      titles.add(">vs x" + layers.get(0).threads());
    }
    peakRates.keySet().forEach(isa -> titles.add(">of peak-" + isa));
    return titles;
  }

  private List<String> row(Layer layer, ObjectNode json) {
    double nanos = nanos(layer);
    double rate = shape.operations() / nanos;
    double oneDnn = nanos(ONE_DNN, layer.threads()) / nanos;
    double onnxRuntime = nanos(ONNX_RUNTIME, layer.threads()) / nanos;
    json.put("name", layer.name()).put("threads", layer.threads());
    json.put("medianMillis", BenchReport.rounded(nanos / 1e6));
    json.put("gops", BenchReport.rounded(rate));
    json.put("timesOneDnnF32", BenchReport.rounded(oneDnn));
    json.put(
        "timesOnnxRuntimeF32",
        BenchReport.rounded(nanos(ONNX_RUNTIME_FLOAT, layer.threads()) / nanos));
    json.put("timesOnnxRuntimeInt8", BenchReport.rounded(onnxRuntime));
    List<String> cells =
        new ArrayList<>(
            List.of(
                layer.contender().name(),
                String.format(Locale.ROOT, "%.3f", nanos / 1e6),
                whole(rate),
                Quantities.times(oneDnn),
                Quantities.times(onnxRuntime)));
    if (scaling) {
      double speedup = nanos(layer.name(), layers.get(0).threads()) / nanos;
      json.put("timesFirstThreads", BenchReport.rounded(speedup));
      cells.add(Quantities.times(speedup));
    }
    peakRates.forEach(
        (isa, most) -> {
          double fraction = rate / most / layer.threads();
          json.withObject("/fractionOfPeak").put(isa, BenchReport.rounded(fraction));
          cells.add(String.format(Locale.ROOT, "%.3f", fraction));
        });
    return cells;
  }

  private double nanos(Layer layer) {
    return medians.get(layer.contender().name());
  }

  private double nanos(String name, int threads) {
    return layers.stream()
        .filter(layer -> layer.name().equals(name) && layer.threads() == threads)
        .mapToDouble(this::nanos)
        .findFirst()
        .orElseThrow();
  }

  private static String whole(double value) {
    return String.format(Locale.ROOT, "%.0f", value);
  }
}
