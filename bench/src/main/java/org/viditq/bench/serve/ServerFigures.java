package org.viditq.bench.serve;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.viditq.bench.report.BenchReport;

/**
 * What a server has counted between two moments: where its time went.
 *
 * @param batches that were computed
 * @param pictures in them, those that were given up included
 * @param phaseSeconds by phase of the work on batches; waiting is the sum over all pictures
 */
record ServerFigures(double batches, double pictures, Map<String, Double> phaseSeconds) {
  private static final List<String> PHASES = List.of("wait", "encode", "load", "sample", "decode");

  static ServerFigures between(Scrape begin, Scrape end) {
    Map<String, Double> phases = new TreeMap<>();
    for (String phase : PHASES) {
      String label = "phase=\"" + phase + "\"";
      phases.put(
          phase,
          end.sum("viditq_phase_seconds_sum", label)
              - begin.sum("viditq_phase_seconds_sum", label));
    }
    return new ServerFigures(
        end.sum("viditq_batch_size_count") - begin.sum("viditq_batch_size_count"),
        end.sum("viditq_batch_size_sum") - begin.sum("viditq_batch_size_sum"),
        phases);
  }

  static ServerFigures sum(List<ServerFigures> turns) {
    Map<String, Double> phases = new TreeMap<>();
    turns.forEach(
        turn ->
            turn.phaseSeconds().forEach((phase, time) -> phases.merge(phase, time, Double::sum)));
    return new ServerFigures(
        turns.stream().mapToDouble(ServerFigures::batches).sum(),
        turns.stream().mapToDouble(ServerFigures::pictures).sum(),
        phases);
  }

  /** Pictures of a batch; 0 where there was none. */
  double meanBatch() {
    return batches == 0 ? 0 : pictures / batches;
  }

  void putInto(ObjectNode node) {
    node.put("meanBatch", BenchReport.rounded(meanBatch()));
    ObjectNode phases = node.putObject("phaseSeconds");
    phaseSeconds.forEach((phase, time) -> phases.put(phase, BenchReport.rounded(time)));
  }
}
