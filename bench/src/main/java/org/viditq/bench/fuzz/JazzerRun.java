package org.viditq.bench.fuzz;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What Jazzer reported of one reader, in one process or in several that went on from each other's
 * inputs.
 *
 * @param inputs that were read
 * @param seconds that took
 * @param coverage edges of instrumented classes that some input went along
 * @param features edges with how often they were gone along, and compared values
 * @param corpus inputs that were kept because each of them added something
 * @param residentMebibytes peak of the processes
 * @param commit of the code that the last of them ran, if git knows it
 * @param finding first line of what stopped it; empty where all inputs were read or refused
 * @param artifact the input that did
 */
record JazzerRun(
    FuzzTarget target,
    long inputs,
    double seconds,
    long coverage,
    long features,
    long corpus,
    long residentMebibytes,
    Optional<String> commit,
    Optional<String> finding,
    Optional<Path> artifact) {

  /** Nothing yet. */
  static JazzerRun none(FuzzTarget target) {
    return new JazzerRun(
        target, 0, 0, 0, 0, 0, 0, Optional.empty(), Optional.empty(), Optional.empty());
  }

  /** With what a later process did on top of it. */
  JazzerRun then(JazzerRun later) {
    return new JazzerRun(
        target,
        inputs + later.inputs,
        seconds + later.seconds,
        Math.max(coverage, later.coverage),
        Math.max(features, later.features),
        Math.max(corpus, later.corpus),
        Math.max(residentMebibytes, later.residentMebibytes),
        later.commit,
        later.finding,
        later.artifact);
  }

  void putInto(ObjectNode node) {
    node.put("reader", target.toString());
    node.put("class", target.entry().getName());
    node.put("inputs", inputs);
    node.put("seconds", Math.round(seconds * 10) / 10.0);
    node.put("coverageEdges", coverage);
    node.put("features", features);
    node.put("corpus", corpus);
    node.put("peakResidentMebibytes", residentMebibytes);
    commit.ifPresent(hash -> node.put("commit", hash));
    node.put("findings", finding.isPresent() ? 1 : 0);
    finding.ifPresent(what -> node.put("finding", what));
  }

  /** What {@link #putInto} has put there; values that are missing or no numbers are 0. */
  static JazzerRun of(FuzzTarget target, JsonNode node) {
    return new JazzerRun(
        target,
        node.path("inputs").asLong(),
        node.path("seconds").asDouble(),
        node.path("coverageEdges").asLong(),
        node.path("features").asLong(),
        node.path("corpus").asLong(),
        node.path("peakResidentMebibytes").asLong(),
        Optional.ofNullable(node.path("commit").textValue()),
        Optional.ofNullable(node.path("finding").textValue()),
        Optional.empty());
  }
}
