package org.viditq.bench.export;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
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
import org.viditq.onnx.OnnxGraph;
import org.viditq.quantize.plan.BuiltInPlans;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code viditq bench export}: memory and time of exporting full-size models for engines. */
@Command(
    name = "export",
    header = "Measure what exporting full-size models as graphs for engines takes.",
    description = {
      "",
      "Random weights are quantized by 'viditq quantize' and exported by 'viditq export', each in a"
          + " process of its own with the launcher's options. Peaks are those of the export: of all"
          + " memory that it had resident, pages of the quantized checkpoint included, which is"
          + " mapped and can be dropped at any time, and without them. They are compared with the"
          + " file of the graph's weights. A model needs 2.5 GB of disk.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  viditq bench export",
      "  viditq bench export --models stdit-xl-2 --plans w4a8-dynamic --graphs DIR --out"
          + " export.json"
    })
public final class ExportCommand implements Callable<Integer> {
  @Option(
      names = "--graphs",
      paramLabel = "DIR",
      description = "Keep the graphs there, in folders MODEL-PLAN. Default: they are deleted.")
  private Path graphs;

  @Mixin private FullSizeOptions subjects;
  @Mixin private ReportOptions output;
  @Mixin private CommonOptions common;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    Console console = new Console(spec, common);
    List<FullSizeModel> chosen = subjects.models("pixart-sigma-xl", "stdit-xl-2");
    List<String> plans = subjects.plans("w8a8", "w4a8-dynamic");
    plans.forEach(BuiltInPlans::find);
    BenchReport report = new BenchReport(spec, output);
    report.root().put("jvmOptions", String.join(" ", CommandProcess.JVM_OPTIONS));
    TextTable table =
        new TextTable(
            "graph", ">weights", ">peak", ">of the weights", ">without the checkpoint", ">seconds");
    ArrayNode results = report.root().putArray("exports");
    try (Progress progress =
        console.progress("Exporting", (long) chosen.size() * (1 + 2L * plans.size()))) {
      subjects.forEach(
          chosen,
          "viditq-bench-export",
          progress,
          (model, pipeline, place) -> {
            progress.step();
            for (String plan : plans) {
              measure(model, plan, pipeline, place, progress, table, results.addObject());
            }
          });
    }
    table.lines().forEach(console::result);
    report.finish(console);
    return 0;
  }

  private void measure(
      FullSizeModel model,
      String plan,
      Path pipeline,
      Path place,
      Progress progress,
      TextTable table,
      ObjectNode node) {
    String name = model.name() + "-" + plan;
    Path quantized = place.resolve(name + "-checkpoint");
    CommandProcess.run(
        place.resolve(name + "-quantize.log"),
        "quantize",
        "--model",
        pipeline.toString(),
        "--plan",
        plan,
        "--out",
        quantized.toString());
    progress.step();
    Path graph = (graphs == null ? place : graphs).resolve(name);
    long start = System.nanoTime();
    CommandProcess.Peak peak =
        CommandProcess.run(
            place.resolve(name + "-export.log"),
            "export",
            "--model",
            pipeline.toString(),
            "--quantized",
            quantized.toString(),
            "--dialect",
            "plugin",
            "--precision",
            "fp16",
            "--out",
            graph.toString());
    double seconds = (System.nanoTime() - start) * 1e-9;
    progress.step();
    long weights = StoredBytes.of(graph.resolve(OnnxGraph.DATA_FILE));
    node.put("model", model.name());
    node.put("plan", plan);
    node.put("precision", "fp16");
    node.put("weightBytes", weights);
    node.put("graphBytes", StoredBytes.of(graph.resolve(OnnxGraph.MODEL_FILE)));
    node.put("peakResidentBytes", peak.resident());
    node.put("peakResidentOfWeights", BenchReport.rounded(peak.resident() / (double) weights));
    node.put("peakAnonymousBytes", peak.anonymous());
    node.put("seconds", BenchReport.rounded(seconds));
    table.row(
        name,
        Quantities.bytes(weights),
        Quantities.bytes(peak.resident()),
        String.format(Locale.ROOT, "%.2f×", peak.resident() / (double) weights),
        Quantities.bytes(peak.anonymous()),
        Quantities.seconds(seconds));
  }
}
