package org.viditq.bench.engine;

import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.viditq.bench.report.BenchReport;
import org.viditq.bench.report.ReportOptions;
import org.viditq.cli.console.Console;
import org.viditq.cli.console.StageProgress;
import org.viditq.cli.option.CommonOptions;
import org.viditq.cli.option.ModelOptions;
import org.viditq.cli.option.PrecisionOptions;
import org.viditq.cli.option.PromptOptions;
import org.viditq.cli.option.SamplingOptions;
import org.viditq.cli.option.SeedOptions;
import org.viditq.cli.quantize.StatisticsOption;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.error.UsageException;
import org.viditq.core.operators.Backend;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.EncodedPrompts;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.RecordingBackend;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.plan.BuiltInPlans;
import org.viditq.quantize.plan.QuantizationPlan;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code viditq bench engine}: the transformer as an engine, in full precision and quantized. */
@Command(
    name = "engine",
    header = "Measure a transformer as an engine, in full precision and quantized.",
    description = {
      "",
      "Samples the same pictures with an engine in full precision and one per plan, of the same"
          + " network, and tells the time of a step, the memory of the device and how close the"
          + " pictures are to those of full precision. Engines are built first, or come from the"
          + " cache. On the backend onnxruntime, which runs the same graphs on the CPU, the command"
          + " can be tried without a GPU.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  viditq bench engine --model DIR --stats stats.safetensors --backend tensorrt \\",
      "      --precision fp16 --prompt 'a fox' --out engine.json",
      "  viditq bench engine --model samples/pixart-mini --backend onnxruntime --plan w8a8 \\",
      "      --prompt 'a red ring' --steps 4 --rounds 2"
    })
public final class EngineCommand implements Callable<Integer> {
  private static final int MOST_ROUNDS = 1024;

  @Mixin private ModelOptions model;

  @Option(
      names = "--plan",
      paramLabel = "P",
      defaultValue = "w8a8,w4a8",
      split = ",",
      description =
          "Plans to measure beside full precision: built-in names or YAML files. Default:"
              + " ${DEFAULT-VALUE}.")
  private List<String> plans;

  @Mixin private StatisticsOption statistics;
  @Mixin private PromptOptions prompts;
  @Mixin private SeedOptions seeds;
  @Mixin private SamplingOptions sampling;
  @Mixin private PrecisionOptions backend;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "5",
      description = "Samplings that the median is taken of. Default: ${DEFAULT-VALUE}.")
  private int rounds;

  @Mixin private ReportOptions reporting;
  @Mixin private CommonOptions common;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    Console console = new Console(spec, common);
    if (rounds < 1 || rounds > MOST_ROUNDS) {
      throw new UsageException(
          "--rounds is " + rounds + ", but must lie between 1 and " + MOST_ROUNDS + ".");
    }
    Backend found = backend.find();
    if (!(found instanceof RecordingBackend)) {
      throw new UsageException(
          "Backend "
              + found.name()
              + " makes no engines; give --backend tensorrt, or onnxruntime to try the command"
              + " without a GPU.");
    }
    PipelineFolder folder = model.open();
    List<QuantizationPlan> chosen = plans.stream().map(BuiltInPlans::find).toList();
    Optional<CalibrationStatistics> seen = statistics.read();
    List<String> texts = prompts.read();
    DiffusionPipeline pipeline =
        backend.prepare(prompts.prepare(sampling.open(folder, backend::open)));
    GenerationRequest request = sampling.request(pipeline, seeds.onePerPrompt(texts.size()));
    BenchReport report = new BenchReport(spec, reporting);
    EncodedPrompts encoded;
    try (StageProgress progress = new StageProgress(console, "")) {
      encoded = pipeline.encode(texts, "", progress);
    }
    EngineMeasurement measurement =
        new EngineMeasurement(
            pipeline, request, encoded, rounds, DeviceMemory.of(found), backend::open, console);
    List<MeasuredEngine> measured = new ArrayList<>();
    measured.add(measurement.fullPrecision());
    chosen.forEach(plan -> measured.add(measurement.quantized(plan, seen, measured.get(0))));

    report.root().put("model", model.describe());
    report.root().put("backend", found.name());
    report.root().put("precision", backend.precision().toString());
    report.root().put("pictures", texts.size());
    report.root().put("width", request.width());
    report.root().put("height", request.height());
    report.root().put("frames", request.frames());
    report.root().put("steps", request.steps());
    report.root().put("guidance", request.guidanceScale());
    report.root().put("rounds", rounds);
    ArrayNode results = report.root().putArray("results");
    measured.forEach(one -> one.putInto(results.addObject(), measured.get(0)));
    MeasuredEngine.table(measured).forEach(console::result);
    report.finish(console);
    return 0;
  }
}
