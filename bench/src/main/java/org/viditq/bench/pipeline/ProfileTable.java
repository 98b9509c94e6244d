package org.viditq.bench.pipeline;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import org.viditq.bench.report.BenchReport;
import org.viditq.cli.console.TextTable;
import org.viditq.core.operators.OperatorProfile;

/** Where the time of one variant's evaluations went: means per evaluation. */
final class ProfileTable {
  private final String variant;
  private final EvaluationSize size;
  private final int evaluations;
  private final List<OperatorProfile.Entry> operators;
  private final double total;

  /**
   * @param operators of all evaluations
   */
  ProfileTable(
      String variant, EvaluationSize size, int evaluations, List<OperatorProfile.Entry> operators) {
    this.variant = variant;
    this.size = size;
    this.evaluations = evaluations;
    this.operators = operators;
    this.total = operators.stream().mapToLong(OperatorProfile.Entry::nanos).sum();
  }

  List<String> lines() {
    TextTable table = new TextTable(variant + ", " + size, ">calls", ">ms", ">share");
    for (OperatorProfile.Entry one : operators) {
      table.row(
          one.kind(),
          Long.toString(one.calls() / evaluations),
          String.format(Locale.ROOT, "%.1f", millis(one)),
          String.format(Locale.ROOT, "%.1f %%", 100 * share(one)));
    }
    return table.lines();
  }

  void putInto(ObjectNode node) {
    node.put("name", variant);
    ArrayNode rows = node.putArray("operators");
    for (OperatorProfile.Entry one : operators) {
      ObjectNode row = rows.addObject();
      row.put("operator", one.kind());
      row.put("calls", one.calls() / evaluations);
      row.put("millis", BenchReport.rounded(millis(one)));
      row.put("share", BenchReport.rounded(share(one)));
    }
  }

  private double millis(OperatorProfile.Entry one) {
    return one.nanos() * 1e-6 / evaluations;
  }

  private double share(OperatorProfile.Entry one) {
    return one.nanos() / total;
  }
}
