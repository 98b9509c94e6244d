package org.viditq.cli.evaluate;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.viditq.cli.console.Console;
import org.viditq.cli.console.Quantities;
import org.viditq.cli.console.StageProgress;
import org.viditq.cli.console.TextTable;
import org.viditq.cli.memory.MemoryCheck;
import org.viditq.cli.option.CommonOptions;
import org.viditq.cli.option.ModelOptions;
import org.viditq.cli.option.PrecisionOptions;
import org.viditq.cli.option.PromptOptions;
import org.viditq.cli.option.SamplingOptions;
import org.viditq.cli.option.SeedOptions;
import org.viditq.cli.quantize.StatisticsOption;
import org.viditq.cli.quantize.StoredSizeJson;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.error.UsageException;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.EncodedPrompts;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.plan.BuiltInPlans;
import org.viditq.quantize.plan.QuantizationPlan;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code viditq evaluate}: holds plans to the full-precision pictures. */
@Command(
    name = "evaluate",
    header = "Compare the pictures of quantization plans with the full-precision ones.",
    description = {
      "",
      "Makes one picture per prompt in full precision and with every plan, all from the same noise,"
          + " and prints mean PSNR and SSIM per plan.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  viditq evaluate --model samples/pixart-mini --stats stats.safetensors \\",
      "      --prompts samples/pixart-mini/eval_prompts.txt --limit 24 --seed 1000 \\",
      "      --plan w8a8-naive --plan w8a8 --plan w4a8"
    })
public final class EvaluateCommand implements Callable<Integer> {
  @Mixin private ModelOptions model;

  @Option(
      names = "--plan",
      paramLabel = "P",
      required = true,
      description = "A built-in plan's name or a YAML file; repeat it for several plans.")
  private List<String> plans;

  @Mixin private StatisticsOption statistics;

  @Mixin private PromptOptions prompts;

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "Take the first N prompts only. Default: all.")
  private Integer limit;

  @Mixin private SeedOptions seeds;
  @Mixin private SamplingOptions sampling;
  @Mixin private PrecisionOptions backend;
  @Mixin private CommonOptions common;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    Console console = new Console(spec, common);
    PipelineFolder folder = model.open();
    List<QuantizationPlan> chosen = plans.stream().map(BuiltInPlans::find).toList();
    Optional<CalibrationStatistics> seen = statistics.read();
    List<String> texts = limited(prompts.read());
    backend.find();
    DiffusionPipeline pipeline = prompts.prepare(sampling.open(folder, backend::open));
    GenerationRequest request = sampling.request(pipeline, seeds.onePerPrompt(texts.size()));
    // The full-precision pictures are kept beside those of a plan.
    new MemoryCheck(backend.find(), console)
        .pictures(pipeline, request, texts.size(), 2 * texts.size());

    EncodedPrompts encoded;
    try (StageProgress progress = new StageProgress(console, "")) {
      encoded = pipeline.encode(texts, "", progress);
    }
    PlanComparison comparison =
        new PlanComparison(folder, pipeline, backend::open, request, encoded, console);
    List<PlanScore> scores = new ArrayList<>();
    for (QuantizationPlan plan : chosen) {
      scores.add(comparison.score(plan, seen));
    }
    print(scores, console);
    console.result(json(scores, request));
    return 0;
  }

  private List<String> limited(List<String> texts) {
    if (limit == null) {
      return texts;
    }
    if (limit < 1 || limit > texts.size()) {
      throw new UsageException(
          "--limit is " + limit + ", but must lie between 1 and " + texts.size() + ".");
    }
    return texts.subList(0, limit);
  }

  private static void print(List<PlanScore> scores, Console console) {
    TextTable table =
        new TextTable(
            "plan",
            ">weights",
            ">smaller by",
            ">quantized layers by",
            ">PSNR",
            ">SSIM",
            ">per picture");
    for (PlanScore score : scores) {
      table.row(
          score.plan(),
          Quantities.bytes(score.size().quantized()),
          Quantities.times(score.size().ratio()),
          Quantities.times(score.size().layerRatio()),
          Quantities.decibel(score.scores().meanPsnr()),
          Quantities.similarity(score.scores().meanSsim()),
          Quantities.seconds(score.run().secondsPerPicture()));
    }
    table.lines().forEach(console::result);
  }

  private ObjectNode json(List<PlanScore> scores, GenerationRequest request) {
    ObjectNode root = Console.object();
    root.put("model", model.describe());
    root.put("backend", backend.find().name());
    root.put("precision", backend.precision().toString());
    root.put("threads", backend.threads());
    root.put("pictures", request.seeds().size());
    root.put("steps", request.steps());
    root.put("guidance", request.guidanceScale());
    ArrayNode array = root.putArray("plans");
    for (PlanScore score : scores) {
      ObjectNode plan = array.addObject();
      plan.put("plan", score.plan());
      StoredSizeJson.put(score.size(), plan);
      score.scores().putInto(plan);
      plan.put("secondsPerPicture", score.run().secondsPerPicture());
    }
    return root;
  }
}
