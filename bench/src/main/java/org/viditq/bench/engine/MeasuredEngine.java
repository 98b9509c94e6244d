package org.viditq.bench.engine;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import org.viditq.bench.report.BenchReport;
import org.viditq.bench.report.Median;
import org.viditq.cli.console.Quantities;
import org.viditq.cli.console.TextTable;
import org.viditq.cli.picture.PictureScores;
import org.viditq.core.pipeline.Clip;

/**
 * The figures of one engine.
 *
 * @param name full precision, or the plan's
 * @param preparationSeconds until the first pictures were sampled, building included where the
 *     cache had no engine
 * @param nanos of each sampling of all pictures
 * @param steps of a sampling
 * @param deviceBytes memory of the device that is in use while it runs and was not before
 * @param weightBytes what the transformer's tensors take where they are stored
 * @param clips its pictures
 * @param scores how close they are to those of full precision; empty for these
 */
record MeasuredEngine(
    String name,
    double preparationSeconds,
    long[] nanos,
    int steps,
    OptionalLong deviceBytes,
    long weightBytes,
    List<Clip> clips,
    Optional<PictureScores> scores) {

  /** Median over the samplings, guidance and scheduler included. */
  double stepMillis() {
    return Median.of(nanos) * 1e-6 / steps;
  }

  static List<String> table(List<MeasuredEngine> all) {
    MeasuredEngine full = all.get(0);
    TextTable table =
        new TextTable(
            "engine", ">per step", ">as fast", ">device memory", ">weights", ">PSNR", ">ready in");
    for (MeasuredEngine one : all) {
      table.row(
          one.name,
          String.format(Locale.ROOT, "%.2f ms", one.stepMillis()),
          Quantities.times(full.stepMillis() / one.stepMillis()),
          one.deviceBytes.isPresent() ? Quantities.bytes(one.deviceBytes.getAsLong()) : "",
          Quantities.bytes(one.weightBytes),
          one.scores
              .map(scores -> String.format(Locale.ROOT, "%.1f dB", scores.meanPsnr()))
              .orElse(""),
          Quantities.seconds(one.preparationSeconds));
    }
    return table.lines();
  }

  void putInto(ObjectNode node, MeasuredEngine full) {
    node.put("name", name);
    node.put("stepMillis", BenchReport.rounded(stepMillis()));
    ArrayNode samplings = node.putArray("samplingSeconds");
    for (long time : nanos) {
      samplings.add(BenchReport.rounded(time * 1e-9));
    }
    node.put("timesFullPrecision", BenchReport.rounded(full.stepMillis() / stepMillis()));
    node.put("deviceBytes", deviceBytes.isPresent() ? deviceBytes.getAsLong() : null);
    node.put("weightBytes", weightBytes);
    node.put("preparationSeconds", BenchReport.rounded(preparationSeconds));
    scores.ifPresent(found -> found.putInto(node));
  }
}
