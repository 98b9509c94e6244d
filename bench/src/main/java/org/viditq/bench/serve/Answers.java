package org.viditq.bench.serve;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.viditq.bench.report.BenchReport;

/** How long answers took, and which were errors. */
final class Answers {
  private final List<Double> seconds = new ArrayList<>();
  private final Map<String, Integer> errors = new TreeMap<>();
  private double duration;

  /**
   * @param took seconds
   * @param error its kind; empty for a picture, whose time alone counts
   */
  synchronized void add(double took, String error) {
    if (error.isEmpty()) {
      seconds.add(took);
    } else {
      errors.merge(error, 1, Integer::sum);
    }
  }

  /** Says how long all of them took. */
  synchronized void end(double all) {
    duration += all;
  }

  /** Adds those of another turn. */
  synchronized void add(Answers other) {
    seconds.addAll(other.seconds);
    other.errors.forEach((kind, count) -> errors.merge(kind, count, Integer::sum));
    duration += other.duration;
  }

  /** Pictures per second. */
  double throughput() {
    return duration == 0 ? 0 : seconds.size() / duration;
  }

  /**
   * The time that so many of a hundred answers did not exceed (nearest rank); 0 where there is
   * none.
   */
  double percentile(int percent) {
    if (seconds.isEmpty()) {
      return 0;
    }
    List<Double> sorted = new ArrayList<>(seconds);
    Collections.sort(sorted);
    int rank = (int) Math.ceil(percent / 100.0 * sorted.size());
    return sorted.get(Math.max(1, rank) - 1);
  }

  int pictures() {
    return seconds.size();
  }

  int errors() {
    return errors.values().stream().mapToInt(Integer::intValue).sum();
  }

  void putInto(ObjectNode node) {
    node.put("pictures", pictures());
    node.put("seconds", BenchReport.rounded(duration));
    node.put("picturesPerSecond", BenchReport.rounded(throughput()));
    node.put("p50Seconds", BenchReport.rounded(percentile(50)));
    node.put("p95Seconds", BenchReport.rounded(percentile(95)));
    node.put("p99Seconds", BenchReport.rounded(percentile(99)));
    ObjectNode kinds = node.putObject("errors");
    errors.forEach(kinds::put);
  }
}
