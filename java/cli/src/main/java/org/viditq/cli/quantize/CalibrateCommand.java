package org.viditq.cli.quantize;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.viditq.cli.console.Console;
import org.viditq.cli.console.Quantities;
import org.viditq.cli.console.StageProgress;
import org.viditq.cli.memory.MemoryCheck;
import org.viditq.cli.option.BackendOptions;
import org.viditq.cli.option.CommonOptions;
import org.viditq.cli.option.ForceOption;
import org.viditq.cli.option.ModelOptions;
import org.viditq.cli.option.Outputs;
import org.viditq.cli.option.PromptOptions;
import org.viditq.cli.option.SamplingOptions;
import org.viditq.cli.option.SeedOptions;
import org.viditq.cli.resume.ResumableEncoding;
import org.viditq.cli.resume.ResumeOptions;
import org.viditq.cli.resume.RunKey;
import org.viditq.cli.workers.PartOption;
import org.viditq.cli.workers.UnitServer;
import org.viditq.cli.workers.WorkerOptions;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.error.Printable;
import org.viditq.core.error.UsageException;
import org.viditq.core.io.AtomicOutput;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.operators.Precision;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.EncodedPrompts;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.WeightForm;
import org.viditq.core.pipeline.cache.ChangeEstimateFile;
import org.viditq.core.quant.TimestepRange;
import org.viditq.core.resume.PartKey;
import org.viditq.core.resume.PartialResults;
import org.viditq.quantize.apply.CalibrationUnits;
import org.viditq.quantize.apply.PipelineCalibration;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.calibrate.CalibrationStatisticsFile;
import org.viditq.quantize.calibrate.ChangeFit;
import org.viditq.quantize.calibrate.FoundRanges;
import org.viditq.quantize.calibrate.SecondMomentsText;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code viditq calibrate}: records what the inputs of linear layers look like. */
@Command(
    name = "calibrate",
    header = "Record the inputs of every linear layer while prompts are sampled.",
    description = {
      "",
      "Samples the prompts in full precision, in one batch, and writes statistics from which plans"
          + " with channel balancing or static grids are applied to this model. One file serves all"
          + " plans.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  head -n 8 samples/pixart-mini/calib_prompts.txt > prompts.txt",
      "  viditq calibrate --model samples/pixart-mini --prompts prompts.txt \\",
      "      --seed 0,1,2,3,4,5,6,7 --out stats.safetensors",
      "  viditq calibrate --model samples/pixart-mini --prompts prompts.txt \\",
      "      --second-moments --out stats.safetensors"
    })
public final class CalibrateCommand implements Callable<Integer> {
  @Mixin private ModelOptions model;
  @Mixin private PromptOptions prompts;
  @Mixin private SeedOptions seeds;
  @Mixin private SamplingOptions sampling;

  @Option(
      names = "--every",
      paramLabel = "N",
      defaultValue = "2",
      description = "Keep every N-th sampling step, the first included. Default: ${DEFAULT-VALUE}.")
  private int every;

  @Option(
      names = "--branches",
      paramLabel = "HOW",
      defaultValue = "together",
      description =
          "together: a batch is an evaluation of both guidance branches; apart: each branch is a batch"
              + " of its own, and balancing goes by the branch with the larger channel. Default:"
              + " ${DEFAULT-VALUE}.")
  private String branches;

  @Option(
      names = "--second-moments",
      paramLabel = "RANGES",
      arity = "0..1",
      fallbackValue = "0-500,501-1000",
      description =
          "Keep second moments and some rows of the inputs, too, which plans with weight grid gptq"
              + " or alpha: search need, apart for each of these ranges of timesteps, or of the N that"
              + " found:N finds: those cut where the channels' magnitudes change most. Default RANGES:"
              + " ${FALLBACK-VALUE}.")
  private String secondMoments;

  @Option(
      names = "--step-changes",
      paramLabel = "FILE",
      description =
          "Sample the prompts once more and fit there how much the blocks change from step to step,"
              + " which --cache auto goes by (see docs/caching.md); step_changes.json in the"
              + " model's folder is found by itself.")
  private Path stepChanges;

  @Mixin private BackendOptions backend;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      required = true,
      description = "The statistics file, .safetensors.")
  private Path out;

  @Mixin private ForceOption force;
  @Mixin private PartOption part;
  @Mixin private WorkerOptions workers;
  @Mixin private ResumeOptions resume;
  @Mixin private CommonOptions common;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    Console console = new Console(spec, common);
    if (every < 1) {
      throw new UsageException("--every is " + every + ", but must be at least 1.");
    }
    boolean apart = isApart();
    PipelineFolder folder = model.open();
    backend.find();
    DiffusionPipeline pipeline = prompts.prepare(sampling.open(folder, backend::open));
    Optional<Function<CalibrationStatistics, List<TimestepRange>>> moments =
        momentRanges(pipeline.model());
    List<String> texts = prompts.read();
    GenerationRequest request = sampling.request(pipeline, seeds.onePerPrompt(texts.size()));
    if (apart && !request.isGuided()) {
      throw new UsageException(
          "--branches is apart, but without guidance there is one branch only; leave it out.");
    }
    SamplingOptions.sizeNote(request).ifPresent(console::note);
    part.check();
    workers.check();
    part.requireAlone(workers);
    if (!UnitServer.isWorker()) {
      Outputs outputs = new Outputs(spec, force.given());
      outputs.requireFile(out);
      // Opened and given up again: a place that cannot be written is known before the work.
      AtomicOutput.file(out).close();
      if (stepChanges != null) {
        outputs.requireFile(stepChanges);
        AtomicOutput.file(stepChanges).close();
      }
    }
    new MemoryCheck(backend.find(), console)
        .sampling(pipeline, request, WeightForm.of(Precision.FP32));

    PartialResults kept = resume.open(out, console);
    PartKey key = RunKey.of(folder, backend.find().name(), prompts.cleaned());
    EncodedPrompts encoded;
    try (StageProgress progress = new StageProgress(console, "calibration")) {
      encoded = ResumableEncoding.encode(pipeline, texts, kept, key, progress);
    }
    PartKey sampled =
        RunKey.sampling(key, request, sampling.scheduler().orElse(""))
            .with("seeds", request.seeds());
    PipelineCalibration calibration = new PipelineCalibration(pipeline, backend::open);
    if (part.given()) {
      try (CalibrationUnits units = calibration.sampling(request, encoded, kept, sampled)) {
        part.compute(units, kept, "Sampling", console);
      }
      return 0;
    }
    if (workers.given() && !others(calibration, request, encoded, kept, sampled, console)) {
      return 0;
    }
    CalibrationStatistics statistics;
    try (StageProgress progress = new StageProgress(console, "calibration")) {
      statistics = calibration.run(request, encoded, every, apart, kept, sampled, progress);
    }
    if (moments.isPresent()) {
      List<TimestepRange> ranges = moments.get().apply(statistics);
      console.note("second moments of timesteps " + SecondMomentsText.ranges(ranges));
      try (StageProgress progress = new StageProgress(console, "second moments")) {
        statistics = calibration.withSecondMoments(statistics, ranges, kept, sampled, progress);
      }
    }
    if (stepChanges != null) {
      try (StageProgress progress = new StageProgress(console, "step changes")) {
        ChangeEstimateFile.write(
            stepChanges,
            ChangeFit.of(pipeline.stepChanges(request, encoded, progress)),
            pipeline.model());
      }
    }
    CalibrationStatisticsFile.write(out, statistics);
    kept.remove();
    report(statistics, texts.size(), console);
    return 0;
  }

  /**
   * Other processes sample the prompts one by one, and then observe batches of all of them.
   *
   * @return false if this process is one of them
   */
  private boolean others(
      PipelineCalibration calibration,
      GenerationRequest request,
      EncodedPrompts encoded,
      PartialResults kept,
      PartKey key,
      Console console) {
    try (CalibrationUnits units = calibration.sampling(request, encoded, kept, key)) {
      if (!workers.compute(units, kept, backend.threads(), "Sampling", spec, console)) {
        return false;
      }
    }
    try (CalibrationUnits units =
        calibration.observation(request, encoded, every, isApart(), kept, key)) {
      return workers.compute(units, kept, backend.threads(), "Observing layers", spec, console);
    }
  }

  private boolean isApart() {
    return switch (branches) {
      case "together" -> false;
      case "apart" -> true;
      default ->
          throw new UsageException(
              "--branches is " + Printable.name(branches) + ", but must be together or apart.");
    };
  }

  private Optional<Function<CalibrationStatistics, List<TimestepRange>>> momentRanges(
      DenoiserModel model) {
    if (secondMoments == null) {
      return Optional.empty();
    }
    try {
      OptionalInt count = SecondMomentsText.found(secondMoments);
      if (count.isPresent()) {
        return Optional.of(seen -> FoundRanges.of(seen, model, count.getAsInt()));
      }
      List<TimestepRange> ranges = SecondMomentsText.ranges(secondMoments);
      return Optional.of(seen -> ranges);
    } catch (IllegalArgumentException malformed) {
      throw new UsageException(
          "--second-moments cannot be "
              + Printable.name(secondMoments)
              + ", because "
              + malformed.getMessage()
              + "; give ranges that tile the timesteps, such as 0-500,501-1000, or found:2.");
    }
  }

  private void report(CalibrationStatistics statistics, int prompts, Console console) {
    console.result(out.toString());
    console.note(
        Quantities.of(statistics.layers().size(), "layer")
            + ", "
            + Quantities.of(statistics.timesteps().size(), "step")
            + " of "
            + Quantities.of(prompts, "prompt"));
    ObjectNode root = Console.object();
    root.put("model", model.describe());
    root.put("file", out.toString());
    root.put("layers", statistics.layers().size());
    root.put("batches", statistics.timesteps().size());
    root.put("prompts", prompts);
    console.result(root);
  }
}
