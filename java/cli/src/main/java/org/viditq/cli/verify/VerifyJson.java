package org.viditq.cli.verify;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import org.viditq.cli.console.Console;
import org.viditq.verify.CaseResult;
import org.viditq.verify.CaseResult.Status;
import org.viditq.verify.VerifyReport;
import org.viditq.verify.fixture.Difference;

/**
 * A report as one JSON object; errors that were not measured (nothing computed, NaN) are null, JSON
 * having no NaN.
 */
final class VerifyJson {

  private VerifyJson() {}

  static ObjectNode of(VerifyReport report) {
    ObjectNode root = Console.object();
    root.put("backend", report.backend());
    root.put("passed", report.count(Status.PASS));
    root.put("failed", report.count(Status.FAIL));
    root.put("missing", report.count(Status.MISSING));
    var cases = root.putArray("cases");
    for (CaseResult result : report.cases()) {
      ObjectNode node = cases.addObject();
      node.put("file", result.file());
      node.put("op", result.op());
      node.put("status", result.status().toString());
      node.put("tensor", result.worst().map(Difference::tensor).orElse(null));
      node.put("maxAbs", error(result.worst(), Difference::maxAbs));
      node.put("maxRel", error(result.worst(), Difference::maxRel));
      node.put("relL2", error(result.worst(), Difference::relL2));
    }
    return root;
  }

  private static Double error(Optional<Difference> worst, ToDoubleFunction<Difference> field) {
    return worst.map(field::applyAsDouble).filter(Double::isFinite).orElse(null);
  }
}
