package org.viditq.cli.verify;

import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.viditq.cli.console.TextTable;
import org.viditq.verify.CaseResult;
import org.viditq.verify.CaseResult.Status;
import org.viditq.verify.VerifyReport;
import org.viditq.verify.fixture.Difference;

/** A report as text: a row per case, what was wrong, and a summary. */
final class VerifyTable {
  private VerifyTable() {}

  static List<String> lines(VerifyReport report) {
    TextTable table =
        new TextTable(
            "status",
            "op",
            "case",
            ">max abs",
            ">max rel",
            ">rel L2",
            "tolerance",
            "tensor",
            "source");
    for (CaseResult result : report.cases()) {
      table.row(
          result.status().toString(),
          result.op(),
          result.name(),
          number(result, Difference::maxAbs),
          number(result, Difference::maxRel),
          number(result, Difference::relL2),
          text(result, difference -> difference.tolerance().toString()),
          text(result, Difference::tensor),
          result.source());
    }
    Stream<String> problems =
        report.cases().stream()
            .flatMap(result -> result.message().map(why -> problem(result, why)).stream());
    return Stream.of(table.lines().stream(), problems, Stream.of(summary(report)))
        .flatMap(Function.identity())
        .toList();
  }

  private static String problem(CaseResult result, String why) {
    return result.status() + " " + result.op() + " " + result.name() + ": " + why;
  }

  private static String summary(VerifyReport report) {
    return String.format(
        Locale.ROOT,
        "%s: %d of %d cases passed, %d failed, %d missing.",
        report.backend(),
        report.count(Status.PASS),
        report.cases().size(),
        report.count(Status.FAIL),
        report.count(Status.MISSING));
  }

  private static String text(CaseResult result, Function<Difference, String> field) {
    return result.worst().map(field).orElse("-");
  }

  private static String number(CaseResult result, ToDoubleFunction<Difference> field) {
    return result
        .worst()
        .map(field::applyAsDouble)
        .filter(value -> !Double.isNaN(value))
        .map(value -> String.format(Locale.ROOT, "%.2e", value))
        .orElse("-");
  }
}
