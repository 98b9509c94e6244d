package org.viditq.bench.quantize;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.viditq.bench.model.FullSizeModel;
import org.viditq.bench.model.FullSizeOptions;
import org.viditq.bench.process.CommandProcess;
import org.viditq.bench.process.StoredBytes;
import org.viditq.bench.report.BenchReport;
import org.viditq.bench.report.ReportOptions;
import org.viditq.cli.console.Console;
import org.viditq.cli.console.Progress;
import org.viditq.cli.console.Quantities;
import org.viditq.cli.console.TextTable;
import org.viditq.cli.option.CommonOptions;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.model.LinearLayer;
import org.viditq.quantize.apply.PipelineCalibration;
import org.viditq.quantize.calibrate.CalibrationStatisticsFile;
import org.viditq.quantize.plan.BuiltInPlans;
import org.viditq.quantize.plan.QuantizationPlan;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code viditq bench quantize}: memory and time of quantizing full-size models. */
@Command(
    name = "quantize",
    header = "Measure what quantizing full-size models takes.",
    description = {
      "",
      "Random weights are quantized by 'viditq quantize', in a process of its own with the"
          + " launcher's options, with statistics of random inputs where the plan needs any. Peaks"
          + " are of all memory that the process had resident, pages of the mapped weights and"
          + " statistics included, which can be dropped at any time, and without them. They are"
          + " compared with the float32 values of the model's largest layer. A model needs 6 GB of"
          + " disk.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  viditq bench quantize",
      "  viditq bench quantize --models stdit-xl-2 --plans convrot --out quantize.json",
      "  viditq bench quantize --blocks 1 --plans w4a8-gptq,bench/plans/w4a8-output-search.yaml"
    })
public final class QuantizeCommand implements Callable<Integer> {
  @Mixin private FullSizeOptions subjects;

  @Option(
      names = "--blocks",
      paramLabel = "N",
      description =
          "Only the first N blocks of each model, to try it in little time. Default: all.")
  private Integer blocks;

  @Mixin private ReportOptions output;
  @Mixin private CommonOptions common;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    Console console = new Console(spec, common);
    List<FullSizeModel> chosen =
        subjects.models("pixart-sigma-xl").stream()
            .map(model -> blocks == null ? model : model.withBlocks(blocks))
            .toList();
    List<String> plans = subjects.plans("viditq-rotate", "convrot", "w4a8-gptq");
    List<QuantizationPlan> found = plans.stream().map(BuiltInPlans::find).toList();
    BenchReport report = new BenchReport(spec, output);
    report.root().put("jvmOptions", String.join(" ", CommandProcess.JVM_OPTIONS));
    TextTable table =
        new TextTable(
            "model and plan", ">quantized", ">largest layer", ">peak", ">not in files", ">seconds");
    ArrayNode results = report.root().putArray("quantized");
    try (Progress progress =
        console.progress("Quantizing", (long) chosen.size() * (1 + plans.size()))) {
      subjects.forEach(
          chosen,
          "viditq-bench-quantize",
          progress,
          (model, pipeline, place) -> {
            if (found.stream().anyMatch(QuantizationPlan::needsCalibration)) {
              writeStatistics(model, pipeline, statistics(place));
            }
            progress.step();
            for (int i = 0; i < found.size(); i++) {
              measure(
                  model, found.get(i), plans.get(i), pipeline, place, table, results.addObject());
              progress.step();
            }
          });
    }
    table.lines().forEach(console::result);
    report.finish(console);
    return 0;
  }

  private static Path statistics(Path place) {
    return place.resolve("statistics.safetensors");
  }

  private static void writeStatistics(FullSizeModel model, Path pipeline, Path file) {
    String identity = PipelineCalibration.modelIdentity(PipelineFolder.open(pipeline));
    CalibrationStatisticsFile.write(
        file, RandomStatistics.of(identity, model.model().linearLayers()));
  }

  private void measure(
      FullSizeModel model,
      QuantizationPlan plan,
      String nameOrFile,
      Path pipeline,
      Path place,
      TextTable table,
      ObjectNode node) {
    String name = model.name() + "-" + plan.name();
    Path quantized = place.resolve(name);
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "quantize",
                "--model",
                pipeline.toString(),
                "--plan",
                nameOrFile,
                "--out",
                quantized.toString()));
    if (plan.needsCalibration()) {
      arguments.addAll(List.of("--stats", statistics(place).toString()));
    }
    long start = System.nanoTime();
    CommandProcess.Peak peak =
        CommandProcess.run(place.resolve(name + ".log"), arguments.toArray(String[]::new));
    double seconds = (System.nanoTime() - start) * 1e-9;
    long bytes = StoredBytes.of(quantized);
    long largest =
        model.model().linearLayers().stream().mapToLong(LinearLayer::weights).max().orElseThrow()
            * Float.BYTES;
    node.put("model", model.name());
    node.put("blocks", model.blocks());
    node.put("plan", plan.name());
    node.put("quantizedBytes", bytes);
    node.put("largestLayerBytes", largest);
    node.put("peakResidentBytes", peak.resident());
    node.put("peakAnonymousBytes", peak.anonymous());
    node.put("seconds", BenchReport.rounded(seconds));
    table.row(
        name,
        Quantities.bytes(bytes),
        Quantities.bytes(largest),
        Quantities.bytes(peak.resident()),
        Quantities.bytes(peak.anonymous()),
        Quantities.seconds(seconds));
  }
}
