package org.viditq.cli.sensitivity;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.viditq.cli.console.Console;
import org.viditq.cli.console.Progress;
import org.viditq.cli.console.StageProgress;
import org.viditq.cli.console.TextTable;
import org.viditq.cli.console.Version;
import org.viditq.cli.memory.MemoryCheck;
import org.viditq.cli.option.CommonOptions;
import org.viditq.cli.option.ForceOption;
import org.viditq.cli.option.LimitOption;
import org.viditq.cli.option.ModelOptions;
import org.viditq.cli.option.Outputs;
import org.viditq.cli.option.PrecisionOptions;
import org.viditq.cli.option.PromptOptions;
import org.viditq.cli.option.SamplingOptions;
import org.viditq.cli.option.SeedOptions;
import org.viditq.cli.quantize.QuantizationProgress;
import org.viditq.cli.quantize.StatisticsOption;
import org.viditq.cli.report.ComparisonReport.Fact;
import org.viditq.cli.report.GridReport;
import org.viditq.cli.resume.ResumableEncoding;
import org.viditq.cli.resume.ResumeOptions;
import org.viditq.cli.resume.RunKey;
import org.viditq.cli.workers.PartOption;
import org.viditq.cli.workers.UnitServer;
import org.viditq.cli.workers.WorkerOptions;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.error.OutputException;
import org.viditq.core.error.UsageException;
import org.viditq.core.io.AtomicOutput;
import org.viditq.core.io.IoReason;
import org.viditq.core.model.LinearLayer;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.EncodedPrompts;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.WeightForm;
import org.viditq.core.resume.PartKey;
import org.viditq.core.resume.PartialResults;
import org.viditq.quantize.apply.PlanApplication;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.metric.clip.ClipMetric;
import org.viditq.quantize.plan.PlanResolver;
import org.viditq.quantize.plan.PlanTemplate;
import org.viditq.quantize.sensitivity.EqualRanges;
import org.viditq.quantize.sensitivity.MetricByType;
import org.viditq.quantize.sensitivity.SensitivityFile;
import org.viditq.quantize.sensitivity.SensitivitySweep;
import org.viditq.quantize.sensitivity.SensitivityTable;
import org.viditq.quantize.sensitivity.UnitGrouping;
import org.viditq.quantize.weight.QuantizedLayers;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code viditq sensitivity}: quantizes layers one at a time and measures what that costs. */
@Command(
    name = "sensitivity",
    header = "Measure what quantizing each layer alone costs, by the metric of its type.",
    description = {
      "",
      "Samples the prompts again and again, each time with one layer (or the layers of one type)"
          + " quantized in one range of timesteps and all else in full precision. Cross attention is"
          + " judged by text alignment, self attention and feed forward by visual quality, temporal"
          + " attention by consistency over time, all of them by the mean squared error too. 'viditq"
          + " allocate' chooses bit widths from the result. A run that was killed is continued by"
          + " the same command.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  viditq sensitivity --model samples/pixart-mini --unit block --bits 8,6,4 \\",
      "      --prompts samples/pixart-mini/calib_prompts.txt --limit 8 --out sensitivity.json",
      "  viditq allocate --sensitivity sensitivity.json --budget-bits 6 --out plan.yaml"
    })
public final class SensitivityCommand implements Callable<Integer> {
  private static final int MOST_SHOWN = 12;

  @Mixin private ModelOptions model;

  @Option(
      names = "--plan",
      paramLabel = "P",
      defaultValue = "w8a8",
      description =
          "The plan whose settings the layers have, all but the weights' widths: a built-in name or"
              + " a YAML file of the product's own form. Default: ${DEFAULT-VALUE}.")
  private String plan;

  @Mixin private StatisticsOption statistics;

  @Option(
      names = "--bits",
      paramLabel = "N",
      split = ",",
      defaultValue = "8,6,4",
      description = "Widths of weights to try. Default: ${DEFAULT-VALUE}.")
  private List<Integer> bits;

  @Option(
      names = "--unit",
      paramLabel = "U",
      defaultValue = "layer",
      description =
          "What is quantized together: layer, block (the layers of one type in one block) or type."
              + " Default: ${DEFAULT-VALUE}.")
  private UnitGrouping unit;

  @Option(
      names = "--ranges",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "Cut the timesteps into N equal ranges and measure each of them apart. Default:"
              + " ${DEFAULT-VALUE}.")
  private int ranges;

  @Mixin private MetricOptions metricOptions;
  @Mixin private PromptOptions prompts;

  @Mixin private LimitOption limit;

  @Mixin private SeedOptions seeds;
  @Mixin private SamplingOptions sampling;
  @Mixin private PrecisionOptions backend;
  @Mixin private PartOption part;
  @Mixin private WorkerOptions workers;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      required = true,
      description = "The sensitivities, .json.")
  private Path out;

  @Option(
      names = "--report",
      paramLabel = "FILE",
      description =
          "Write a page with heat maps there: types of layers by metric, layers by range of"
              + " timesteps.")
  private Path page;

  @Mixin private ForceOption force;
  @Mixin private ResumeOptions resume;
  @Mixin private CommonOptions common;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    Console console = new Console(spec, common);
    List<Integer> widths = widths();
    if (ranges < 1 || ranges > EqualRanges.MOST) {
      throw new UsageException(
          "--ranges is " + ranges + ", but must lie between 1 and " + EqualRanges.MOST + ".");
    }
    PipelineFolder folder = model.open();
    PlanTemplate template = PlanTemplate.find(plan);
    Optional<CalibrationStatistics> seen = statistics.read();
    List<String> texts = limit.of(prompts.read());
    backend.find();
    DiffusionPipeline pipeline =
        backend.prepare(prompts.prepare(sampling.open(folder, backend::open)));
    GenerationRequest request = sampling.request(pipeline, seeds.onePerPrompt(texts.size()));
    part.check();
    workers.check();
    part.requireAlone(workers);
    try (MetricOptions opened = metricOptions) {
      MetricByType metrics = opened.open(types(pipeline, template), texts, request.frames());
      return measure(folder, template, seen, texts, pipeline, request, metrics, widths, console);
    }
  }

  private int measure(
      PipelineFolder folder,
      PlanTemplate template,
      Optional<CalibrationStatistics> seen,
      List<String> texts,
      DiffusionPipeline pipeline,
      GenerationRequest request,
      MetricByType metrics,
      List<Integer> widths,
      Console console) {
    if (!UnitServer.isWorker()) {
      new Outputs(spec, force.given()).requireFile(out);
      // Opened and given up again: a place that cannot be written is known before the work.
      AtomicOutput.file(out).close();
      if (page != null) {
        new Outputs(spec, force.given()).requireFile(page);
        AtomicOutput.file(page).close();
      }
    }
    new MemoryCheck(backend.find(), console)
        .pictures(
            pipeline,
            request,
            WeightForm.of(backend.precision()),
            true,
            texts.size(),
            2 * texts.size());

    PartialResults kept = resume.open(out, console);
    PartKey key =
        RunKey.of(folder, backend.find().name() + ", " + backend.precision(), prompts.cleaned());
    EncodedPrompts encoded;
    try (StageProgress progress = new StageProgress(console, "")) {
      encoded = ResumableEncoding.encode(pipeline, texts, kept, key, progress);
    }
    PartKey sampled =
        RunKey.sampling(key, request, sampling.scheduler().orElse(""))
            .with("seeds", request.seeds())
            .with("prompts", String.join("\n", texts))
            .with("plan", template.yaml())
            .with("statistics", statistics.stamp());
    try (Checkpoint weights = folder.checkpoint(Component.TRANSFORMER)) {
      Map<Integer, QuantizedLayers> quantized =
          quantized(folder, template, weights, seen, widths, console);
      try (SensitivitySweep sweep =
          new SensitivitySweep(
              pipeline, request, encoded, metrics, unit, ranges, quantized, kept, sampled)) {
        if (part.given()) {
          part.compute(sweep, kept, "Measuring", console);
          return 0;
        }
        if (workers.given()) {
          sweep.sampleReference();
        }
        if (!workers.compute(sweep, kept, backend.threads(), "Measuring", spec, console)) {
          return 0;
        }
        SensitivityTable table;
        try (Progress progress = console.progress("Measuring", sweep.count())) {
          table =
              sweep.table(facts(request, texts), template.name(), template.yaml(), progress::step);
        }
        SensitivityFile.write(out, table);
        if (page != null) {
          write(page, page(table).toHtml());
        }
        kept.remove();
        report(table, console);
      }
    }
    return 0;
  }

  private GridReport page(SensitivityTable table) {
    return new GridReport(
        "What quantizing each layer alone costs " + model.describe(),
        List.of(
            "Each unit was quantized alone, in one range of timesteps and to one width, all else in"
                + " full precision; the same clips were sampled again and judged by the metric that"
                + " errors of its type show in.",
            "Settings of the layers: plan " + table.planName() + "."),
        SensitivityGrids.of(table),
        table.facts().entrySet().stream()
            .map(fact -> new Fact(fact.getKey(), fact.getValue()))
            .toList());
  }

  private static void write(Path file, String text) {
    try (AtomicOutput output = AtomicOutput.file(file)) {
      Files.writeString(output.path(), text);
      output.commit();
    } catch (IOException e) {
      throw new OutputException("Cannot write " + file + ": " + IoReason.of(e) + ".", e);
    }
  }

  private List<Integer> widths() {
    TreeSet<Integer> widths = new TreeSet<>(Comparator.reverseOrder());
    for (int width : bits) {
      if (width < 2 || width > 8) {
        throw new UsageException(
            "--bits has " + width + ", but widths of weights lie between 2 and 8.");
      }
      if (!widths.add(width)) {
        throw new UsageException("--bits has " + width + " twice; give it once.");
      }
    }
    return List.copyOf(widths);
  }

  private Map<Integer, QuantizedLayers> quantized(
      PipelineFolder folder,
      PlanTemplate template,
      Checkpoint weights,
      Optional<CalibrationStatistics> seen,
      List<Integer> widths,
      Console console) {
    Map<Integer, QuantizedLayers> quantized = new LinkedHashMap<>();
    try (QuantizationProgress progress = new QuantizationProgress(console)) {
      PlanApplication application = new PlanApplication(folder, backend::open, progress);
      for (int width : widths) {
        quantized.put(width, application.apply(template.withWeightBits(width), weights, seen));
      }
    }
    return quantized;
  }

  private static List<LinearLayer.Type> types(DiffusionPipeline pipeline, PlanTemplate template) {
    Set<String> quantized =
        new PlanResolver(template.plan()).resolve(pipeline.model(), warning -> {}).keySet();
    return pipeline.model().linearLayers().stream()
        .filter(layer -> quantized.contains(layer.name()))
        .map(LinearLayer::type)
        .distinct()
        .toList();
  }

  private Map<String, String> facts(GenerationRequest request, List<String> texts) {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("model", model.describe());
    facts.put("backend", backend.find().name() + ", " + backend.precision());
    facts.put("steps", Integer.toString(request.steps()));
    facts.put("guidance", Double.toString(request.guidanceScale()));
    facts.put("scheduler", sampling.scheduler().orElse("the pipeline's"));
    facts.put("statistics", statistics.describe());
    facts.put("seeds", request.seeds().toString());
    facts.put("prompts", String.join("\n", texts));
    facts.put("version", Version.number());
    return facts;
  }

  /** The most sensitive units first, by their own metric in the narrowest width. */
  private void report(SensitivityTable table, Console console) {
    int narrowest = table.bits().get(table.bits().size() - 1);
    for (SensitivityTable.Metric metric : table.metrics()) {
      List<SensitivityTable.Result> results =
          new ArrayList<>(
              table.results().stream()
                  .filter(result -> result.bits() == narrowest)
                  .filter(
                      result ->
                          table.units().get(result.unit()).metric().equals(metric.id())
                              || metric.id().equals(table.meanSquaredError()))
                  .toList());
      if (results.isEmpty()) {
        continue;
      }
      results.sort(
          Comparator.comparingDouble((SensitivityTable.Result result) -> result.mean(metric.id()))
              .reversed());
      TextTable lines =
          new TextTable("unit", "type", ">range", ">bits", ">" + metric.id() + " worse by", ">±");
      for (SensitivityTable.Result result :
          results.subList(0, Math.min(MOST_SHOWN, results.size()))) {
        SensitivityTable.Unit one = table.units().get(result.unit());
        lines.row(
            one.name(),
            one.type().label(),
            Integer.toString(result.range()),
            Integer.toString(result.bits()),
            number(result.mean(metric.id())),
            number(result.standardError(metric.id())));
      }
      console.result(metric.id() + ", " + words(metric) + ":");
      lines.lines().forEach(console::result);
      if (results.size() > MOST_SHOWN) {
        console.result("and " + (results.size() - MOST_SHOWN) + " more");
      }
      console.result("");
    }
    console.result("Sensitivities: " + out);
    ObjectNode root = Console.object();
    root.put("file", out.toString());
    root.put("units", table.units().size());
    root.put("results", table.results().size());
    console.result(root);
  }

  private static String words(SensitivityTable.Metric metric) {
    ClipMetric.Direction direction = metric.direction();
    return direction.words();
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.3g", value);
  }
}
