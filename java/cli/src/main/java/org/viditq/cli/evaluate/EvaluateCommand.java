package org.viditq.cli.evaluate;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.viditq.cli.console.Console;
import org.viditq.cli.console.Quantities;
import org.viditq.cli.console.StageProgress;
import org.viditq.cli.console.Version;
import org.viditq.cli.memory.MemoryCheck;
import org.viditq.cli.option.CacheOptions;
import org.viditq.cli.option.CommonOptions;
import org.viditq.cli.option.ForceOption;
import org.viditq.cli.option.LimitOption;
import org.viditq.cli.option.ModelOptions;
import org.viditq.cli.option.Outputs;
import org.viditq.cli.option.PrecisionOptions;
import org.viditq.cli.option.PromptOptions;
import org.viditq.cli.option.SamplingOptions;
import org.viditq.cli.option.SeedOptions;
import org.viditq.cli.picture.Motion;
import org.viditq.cli.quantize.StatisticsOption;
import org.viditq.cli.report.ComparisonReport.Fact;
import org.viditq.cli.report.Grid;
import org.viditq.cli.report.Machine;
import org.viditq.cli.resume.ResumableEncoding;
import org.viditq.cli.resume.ResumeOptions;
import org.viditq.cli.resume.RunKey;
import org.viditq.cli.sensitivity.SensitivityGrids;
import org.viditq.cli.workers.PartOption;
import org.viditq.cli.workers.UnitServer;
import org.viditq.cli.workers.WorkerOptions;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.pipeline.Clip;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.EncodedPrompts;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.WeightForm;
import org.viditq.core.pipeline.cache.StepCaching;
import org.viditq.core.resume.PartKey;
import org.viditq.core.resume.PartialResults;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.metric.FeatureStatistics;
import org.viditq.quantize.metric.clip.ClipMetric;
import org.viditq.quantize.metric.clip.ClipMetrics;
import org.viditq.quantize.metric.clip.FeatureNetwork;
import org.viditq.quantize.plan.BuiltInPlans;
import org.viditq.quantize.plan.QuantizationPlan;
import org.viditq.quantize.sensitivity.SensitivityFile;
import org.viditq.quantize.sensitivity.SensitivityTable;
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
          + " and prints mean PSNR and SSIM per plan; with --out, writes a page with the pictures"
          + " side by side, where they differ, and why figures are as they are. A run with --out"
          + " that was killed is continued by the same command.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  viditq evaluate --model samples/pixart-mini --stats stats.safetensors \\",
      "      --prompts samples/pixart-mini/eval_prompts.txt --limit 24 --seed 1000 \\",
      "      --plan w8a8-naive --plan w8a8 --plan w4a8 --out evaluation"
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

  @Option(
      names = "--metric",
      paramLabel = "M",
      description =
          "Judge by this as well: a built-in metric or the descriptor of an ONNX file (see"
              + " docs/evaluate.md); repeat it for several.")
  private List<String> metrics = List.of();

  @Mixin private FrechetOptions frechet;

  @Option(
      names = "--sensitivity",
      paramLabel = "FILE",
      description =
          "Show heat maps of these sensitivities in the report: what 'viditq sensitivity' has"
              + " written.")
  private Path sensitivity;

  @Mixin private PromptOptions prompts;

  @Mixin private LimitOption limit;

  @Mixin private SeedOptions seeds;
  @Mixin private SamplingOptions sampling;
  @Mixin private PrecisionOptions backend;

  @Option(
      names = "--cache",
      paramLabel = "C",
      description =
          "Make the pictures of full precision and of every plan with this step caching as well"
              + " (see docs/caching.md); repeat it for several.")
  private List<String> caches = List.of();

  @Mixin private CacheOptions caching;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description =
          "Write a report with all pictures there: report.html, metrics.json, comparison.png."
              + " Default: print figures only.")
  private Path out;

  @Mixin private ForceOption force;

  private List<StepCaching> cachings = List.of();
  private Optional<SensitivityTable> measured = Optional.empty();
  private Optional<FeatureNetwork> features = Optional.empty();

  @Mixin private PartOption part;
  @Mixin private WorkerOptions workers;
  @Mixin private ResumeOptions resume;
  @Mixin private CommonOptions common;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    Console console = new Console(spec, common);
    PipelineFolder folder = model.open();
    List<QuantizationPlan> chosen = plans.stream().map(BuiltInPlans::find).toList();
    Optional<CalibrationStatistics> seen = statistics.read();
    measured = Optional.ofNullable(sensitivity).map(SensitivityFile::read);
    List<String> texts = limit.of(prompts.read());
    backend.find();
    DiffusionPipeline pipeline =
        backend.prepare(prompts.prepare(sampling.open(folder, backend::open)));
    GenerationRequest request = sampling.request(pipeline, seeds.onePerPrompt(texts.size()));
    cachings = caching.read(caches, pipeline).stream().filter(StepCaching::isOn).toList();
    cachings.forEach(kind -> pipeline.requireFit(request.caching(kind)));
    SamplingOptions.sizeNote(request).ifPresent(console::note);
    part.check();
    workers.check();
    if (out == null && (part.given() || workers.given())) {
      throw new UsageException(
          "--part, --workers and --spark need --out, beside which results are kept meanwhile.");
    }
    part.requireAlone(workers);
    List<ClipMetric> judges = metrics.stream().distinct().map(ClipMetrics::find).toList();
    try (FrechetOptions sets = frechet) {
      judges.forEach(metric -> ClipMetrics.requireFit(metric, texts, request.frames()));
      features = sets.open(texts.size(), request.frames());
      return evaluate(pipeline, chosen, seen, texts, request, judges, console);
    } finally {
      judges.forEach(ClipMetric::close);
    }
  }

  private int evaluate(
      DiffusionPipeline pipeline,
      List<QuantizationPlan> chosen,
      Optional<CalibrationStatistics> seen,
      List<String> texts,
      GenerationRequest request,
      List<ClipMetric> judges,
      Console console) {
    if (out != null && !UnitServer.isWorker()) {
      new Outputs(spec, force.given()).requireFolder(out, EvaluationFolder.FILES);
      // Opened and given up again: a place that cannot be written is known before the work.
      new EvaluationFolder(out).close();
    }
    boolean oneBatch = chosen.stream().anyMatch(PlanComparison::sharesGrids);
    // The full-precision pictures are kept beside those of a plan.
    MemoryCheck memory = new MemoryCheck(backend.find(), console);
    for (StepCaching kind : withNone()) {
      memory.pictures(
          pipeline,
          request.caching(kind),
          WeightForm.of(backend.precision()),
          true,
          oneBatch ? texts.size() : 1,
          2 * texts.size());
    }
    PartialResults kept = out == null ? PartialResults.none() : resume.open(out, console);
    PictureMaker maker = maker(pipeline, texts, request, kept, console);
    if (part.given() || workers.given()) {
      try (PictureUnits units =
          new PictureUnits(
              pipeline, backend::open, maker, chosen, withNone(), seen, statistics.stamp())) {
        if (part.given()) {
          part.compute(units, kept, "Denoising", console);
          return 0;
        }
        if (!workers.compute(units, kept, backend.threads(), "Denoising", spec, console)) {
          return 0;
        }
      }
    }
    // Before the work, so that what is wrong with it is known then.
    Optional<FeatureStatistics> referenceFeatures = frechet.reference();
    PlanComparison comparison =
        new PlanComparison(pipeline.folder(), backend::open, maker, statistics.stamp(), console);
    Function<Optional<Path>, EvaluationReport> reportIn =
        place -> report(comparison, chosen, seen, texts, request, judges, referenceFeatures, place);
    if (out == null) {
      print(reportIn.apply(Optional.empty()), console);
      return 0;
    }
    try (EvaluationFolder place = new EvaluationFolder(out)) {
      EvaluationReport report = reportIn.apply(Optional.of(place.path()));
      if (frechet.isFolder()) {
        referenceFeatures
            .orElseThrow()
            .write(place.path().resolve(EvaluationFolder.REFERENCE_FEATURES));
      }
      place.finish(report, Console.toJson(json(report)));
      print(report, console);
      console.result("");
      console.result("Report: " + out.resolve(EvaluationFolder.REPORT));
    }
    kept.remove();
    return 0;
  }

  private PictureMaker maker(
      DiffusionPipeline pipeline,
      List<String> texts,
      GenerationRequest request,
      PartialResults kept,
      Console console) {
    PartKey key =
        out == null
            ? new PartKey(Map.of())
            : RunKey.of(
                pipeline.folder(),
                backend.find().name() + ", " + backend.precision(),
                prompts.cleaned());
    EncodedPrompts encoded;
    try (StageProgress progress = new StageProgress(console, "")) {
      encoded = ResumableEncoding.encode(pipeline, texts, kept, key, progress);
    }
    return new PictureMaker(
        pipeline,
        request,
        encoded,
        kept,
        RunKey.sampling(key, request, sampling.scheduler().orElse("")),
        console);
  }

  private EvaluationReport report(
      PlanComparison comparison,
      List<QuantizationPlan> chosen,
      Optional<CalibrationStatistics> seen,
      List<String> texts,
      GenerationRequest request,
      List<ClipMetric> judges,
      Optional<FeatureStatistics> referenceFeatures,
      Optional<Path> place) {
    Optional<PictureFiles> files =
        place.map(path -> new PictureFiles(path, texts, request.seeds(), provenance(request)));
    List<Clip> references = comparison.reference().clips();
    MetricTable table = new MetricTable(judges, texts, references);
    table.add("full precision", references);
    Optional<FrechetTable> sets =
        features.map(
            network ->
                new FrechetTable(network, referenceFeatures, frechet.describe(), references));
    List<EvaluatedPlan> evaluated = new ArrayList<>();
    evaluated.add(
        new EvaluatedPlan(
            Optional.empty(),
            comparison.originalSize(),
            files.map(writer -> writer.writeReference(references)).orElse(List.of()),
            Optional.empty(),
            motion(request, references, references),
            comparison.reference().secondsPerPicture(),
            comparison.reference().peakBytes()));
    Consumer<PlanScore> judge =
        score -> {
          List<Clip> clips = score.run().clips();
          table.add(score.name(), clips);
          sets.ifPresent(distances -> distances.add(score.name(), clips));
          evaluated.add(
              new EvaluatedPlan(
                  score.quantization(),
                  score.size(),
                  files
                      .map(writer -> writer.write(score.name(), references, clips))
                      .orElse(List.of()),
                  Optional.of(score.scores()),
                  motion(request, references, clips),
                  score.run().secondsPerPicture(),
                  score.run().peakBytes(),
                  score.caching(),
                  score.run().evaluations()));
        };
    comparison.cachedReference(cachings, judge);
    for (QuantizationPlan plan : chosen) {
      comparison.score(plan, seen, withNone(), judge);
    }
    return new EvaluationReport(
        model.describe(),
        texts,
        request,
        evaluated,
        new Reasons(evaluated, seen.flatMap(OutlierChannels::of), backend.find().name()),
        judges.isEmpty() ? Optional.empty() : Optional.of(table),
        sets,
        maps(comparison.model(), chosen),
        facts(request));
  }

  private List<Grid> maps(DenoiserModel of, List<QuantizationPlan> chosen) {
    List<Grid> maps = new ArrayList<>();
    measured.ifPresent(table -> maps.addAll(SensitivityGrids.of(table)));
    chosen.forEach(plan -> BitMap.of(plan, of).ifPresent(maps::add));
    return maps;
  }

  private List<StepCaching> withNone() {
    return Stream.concat(Stream.of(StepCaching.NONE), cachings.stream()).toList();
  }

  private static Optional<Motion> motion(
      GenerationRequest request, List<Clip> references, List<Clip> clips) {
    return request.frames() > 1 ? Optional.of(Motion.of(references, clips)) : Optional.empty();
  }

  private Map<String, String> provenance(GenerationRequest request) {
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put("steps", Integer.toString(request.steps()));
    texts.put("guidance_scale", Double.toString(request.guidanceScale()));
    texts.put("model", model.describe());
    texts.put("Software", "viditq " + Version.number());
    return texts;
  }

  private List<Fact> facts(GenerationRequest request) {
    return List.of(
        new Fact("Model", model.describe()),
        new Fact(
            "Sampling",
            Quantities.of(request.steps(), "step")
                + ", guidance "
                + request.guidanceScale()
                + ", "
                + (request.frames() > 1 ? request.frames() + " frames of " : "")
                + request.width()
                + "×"
                + request.height()
                + " pixels"
                + sampling.scheduler().map(name -> ", " + name).orElse("")),
        new Fact("Calibration", statistics.describe()),
        new Fact(
            "Compared", "PSNR over all pixels and channels, SSIM with the 11×11 Gaussian window"),
        new Fact(
            "Backend",
            backend.find().name()
                + ", "
                + backend.precision()
                + ", "
                + Quantities.of(backend.threads(), "thread")),
        new Fact("Processor", Machine.processor()),
        new Fact("System", Machine.system()),
        new Fact("Version", "viditq " + Version.number()));
  }

  private void print(EvaluationReport report, Console console) {
    report.table().forEach(console::result);
    report.metrics().ifPresent(table -> table.lines().forEach(console::result));
    report.frechet().ifPresent(table -> table.lines().forEach(console::result));
    console.result("");
    report.reasons().sentences().forEach(console::result);
    console.result(json(report));
  }

  private ObjectNode json(EvaluationReport report) {
    GenerationRequest request = report.request();
    ObjectNode root = Console.object();
    root.put("model", model.describe());
    root.put("backend", backend.find().name());
    root.put("precision", backend.precision().toString());
    root.put("threads", backend.threads());
    root.put("pictures", request.seeds().size());
    root.put("steps", request.steps());
    root.put("guidance", request.guidanceScale());
    report.putInto(root);
    return root;
  }
}
