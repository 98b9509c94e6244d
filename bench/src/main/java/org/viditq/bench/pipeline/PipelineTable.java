package org.viditq.bench.pipeline;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.viditq.bench.report.BenchReport;
import org.viditq.cli.console.Quantities;
import org.viditq.cli.console.TextTable;

/** The figures of one size of pictures, beside those of full precision. */
final class PipelineTable {
  private final int pixels;
  private final List<Measured> measured;
  private final Optional<Measured> fullPrecision;

  PipelineTable(int pixels, List<Measured> measured) {
    this.pixels = pixels;
    this.measured = measured;
    this.fullPrecision =
        measured.stream().filter(one -> one.name().equals(Variant.FP32.toString())).findFirst();
  }

  List<String> lines() {
    TextTable table =
        new TextTable(
            pixels + " px",
            ">per evaluation",
            ">as fast as fp32",
            ">peak memory",
            ">weights",
            ">of fp32");
    for (Measured one : measured) {
      table.row(
          one.name(),
          String.format(Locale.ROOT, "%.3f s", one.medianSeconds()),
          speed(one).map(Quantities::times).orElse(""),
          Quantities.bytes(one.peakBytes()),
          Quantities.bytes(one.weightBytes()),
          weights(one).map(ratio -> String.format(Locale.ROOT, "%.3f", ratio)).orElse(""));
    }
    return table.lines();
  }

  void putInto(ObjectNode node) {
    node.put("pixels", pixels);
    ArrayNode results = node.putArray("results");
    for (Measured one : measured) {
      ObjectNode row = results.addObject();
      row.put("name", one.name());
      row.put("medianSeconds", BenchReport.rounded(one.medianSeconds()));
      ArrayNode seconds = row.putArray("seconds");
      for (long nanos : one.nanos()) {
        seconds.add(BenchReport.rounded(nanos * 1e-9));
      }
      speed(one).ifPresent(ratio -> row.put("timesFp32", BenchReport.rounded(ratio)));
      row.put("peakResidentBytes", one.peakBytes());
      row.put("weightBytes", one.weightBytes());
      weights(one).ifPresent(ratio -> row.put("weightsOfFp32", BenchReport.rounded(ratio)));
    }
  }

  private Optional<Double> speed(Measured one) {
    return fullPrecision.map(full -> full.medianSeconds() / one.medianSeconds());
  }

  private Optional<Double> weights(Measured one) {
    return fullPrecision.map(full -> one.weightBytes() / (double) full.weightBytes());
  }
}
