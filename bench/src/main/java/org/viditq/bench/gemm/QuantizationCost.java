package org.viditq.bench.gemm;

import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.viditq.bench.report.BenchReport;
import org.viditq.cli.console.Console;
import org.viditq.cli.console.TextTable;
import org.viditq.cpp.InstructionSet;

/** What token quantization adds to LayerNorm and modulation, as a part of the product's time. */
final class QuantizationCost {
  private final GemmShape shape;
  private final int threads;
  private final Rounds rounds;

  QuantizationCost(GemmShape shape, int threads, Rounds rounds) {
    this.shape = shape;
    this.threads = threads;
    this.rounds = rounds;
  }

  /** Prints a row per instruction set, and adds it to the figures. */
  void measure(List<InstructionSet> sets, ArrayNode figures, Console console) {
    TextTable table =
        new TextTable(
            "quantization of " + shape,
            ">norm ms",
            ">to codes ms",
            ">balanced ms",
            ">product ms",
            ">adds",
            ">balanced adds");
    for (InstructionSet isa : sets) {
      try (QuantizationSteps steps = new QuantizationSteps(shape, isa, threads)) {
        row(isa, rounds.measure(steps.steps()), table, figures);
      }
    }
    table.lines().forEach(console::result);
    console.result("");
  }

  private static void row(
      InstructionSet isa, Map<String, Double> medians, TextTable table, ArrayNode figures) {
    double norm = medians.get("norm-" + isa);
    double codes = medians.get("norm-quantize-" + isa);
    double balanced = medians.get("norm-balance-quantize-" + isa);
    double product = medians.get("product-" + isa);
    figures
        .addObject()
        .put("instructionSet", isa.toString())
        .put("normMillis", BenchReport.rounded(norm / 1e6))
        .put("normQuantizeMillis", BenchReport.rounded(codes / 1e6))
        .put("normBalanceQuantizeMillis", BenchReport.rounded(balanced / 1e6))
        .put("productMillis", BenchReport.rounded(product / 1e6))
        .put("addedOfProduct", BenchReport.rounded((codes - norm) / product))
        .put("balancedAddedOfProduct", BenchReport.rounded((balanced - norm) / product));
    table.row(
        isa.toString(),
        millis(norm),
        millis(codes),
        millis(balanced),
        millis(product),
        percent((codes - norm) / product),
        percent((balanced - norm) / product));
  }

  private static String millis(double nanos) {
    return String.format(Locale.ROOT, "%.3f", nanos / 1e6);
  }

  private static String percent(double fraction) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * fraction);
  }
}
