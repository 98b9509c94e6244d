package org.viditq.bench.memory;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.viditq.bench.model.FullSizeModel;
import org.viditq.bench.model.RandomWeights;
import org.viditq.bench.report.BenchReport;
import org.viditq.bench.report.MeasurementOptions;
import org.viditq.cli.console.Console;
import org.viditq.cli.console.Progress;
import org.viditq.cli.console.Quantities;
import org.viditq.cli.console.TextTable;
import org.viditq.cli.option.CommonOptions;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.CheckpointParameters;
import org.viditq.core.pipeline.ModelDenoiser;
import org.viditq.cpp.InstructionSet;
import org.viditq.cpp.NativeLibrary;
import org.viditq.cpp.NativeOperators;
import org.viditq.cpp.NativeTensor;
import org.viditq.quantize.plan.BuiltInPlans;
import org.viditq.quantize.weight.QuantizedLayers;
import org.viditq.quantize.weight.Quantizer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code viditq bench memory}: native memory of full-size models against their tokens. */
@Command(
    name = "memory",
    header = "Measure the memory of full-size models against the tokens of their input.",
    description = {
      "",
      "Each model is loaded natively with random weights in W8A8 and evaluated with ever more"
          + " tokens: more frames of a clip, larger sides of a picture. Working memory is what values"
          + " of an evaluation take at most, weights left out.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  viditq bench memory",
      "  viditq bench memory --models stdit-xl-2 --times 1,2,4,8 --out memory.json"
    })
public final class MemoryCommand implements Callable<Integer> {
  private static final int MOST = 16;

  @Option(
      names = "--models",
      split = ",",
      paramLabel = "NAME",
      description =
          "Of dit-xl-2, hunyuan-dit-1.2, latte-1, pixart-sigma-xl, stdit-xl-2. Default: all.")
  private List<String> models = FullSizeModel.NAMES;

  @Option(
      names = "--times",
      split = ",",
      paramLabel = "N",
      defaultValue = "1,2,3",
      description =
          "Frames or sides, in multiples of the smallest input's, rising. Default: ${DEFAULT-VALUE}.")
  private List<Integer> times;

  @Mixin private MeasurementOptions options;
  @Mixin private CommonOptions common;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    Console console = new Console(spec, common);
    checkTimes();
    int threads = options.threads(Runtime.getRuntime().availableProcessors());
    List<FullSizeModel> chosen = models.stream().map(FullSizeModel::named).toList();
    BenchReport report = new BenchReport(spec, options, threads, options.rounds(1));
    TextTable table =
        new TextTable("W8A8", ">tokens", ">weights", ">working memory", ">per token", ">a step");
    ArrayNode results = report.root().putArray("models");
    try (Progress progress =
        console.progress("Evaluating", (long) chosen.size() * (times.size() + 1))) {
      for (FullSizeModel model : chosen) {
        progress.label(model.name());
        measure(model, threads, progress, table, results.addObject());
      }
    }
    table.lines().forEach(console::result);
    report.finish(console);
    return 0;
  }

  private void checkTimes() {
    for (int i = 0; i < times.size(); i++) {
      if (times.get(i) < 1 || times.get(i) > MOST || i > 0 && times.get(i) <= times.get(i - 1)) {
        throw new UsageException(
            "--times is " + times + ", but must rise, from 1 at least to " + MOST + " at most.");
      }
    }
  }

  private void measure(
      FullSizeModel full, int threads, Progress progress, TextTable table, ObjectNode node) {
    long before = NativeLibrary.allocatedBytes();
    try (Checkpoint weights = RandomWeights.of(full.model());
        NativeOperators operators = new NativeOperators(threads, InstructionSet.choose())) {
      QuantizedLayers layers =
          new Quantizer(BuiltInPlans.get("w8a8"))
              .quantize(full.model(), weights, Optional.empty(), Quantizer.Progress.NONE);
      try (ModelDenoiser<NativeTensor> denoiser =
          new ModelDenoiser<>(
              full.model(), layers.over(new CheckpointParameters(weights)), operators, () -> {})) {
        long loaded = NativeLibrary.allocatedBytes() - before;
        progress.step();
        node.put("model", full.name());
        node.put("weightBytes", loaded);
        ArrayNode sizes = node.putArray("sizes");
        for (int factor : times) {
          FullSizeModel larger = full.larger(factor);
          var input = larger.input();
          long start = System.nanoTime();
          denoiser.predict(input);
          double seconds = (System.nanoTime() - start) * 1e-9;
          // Values are kept for the next evaluation, so this is the most there has been.
          long working = NativeLibrary.allocatedBytes() - before - loaded;
          double perToken = (double) working / larger.tokens();
          ObjectNode size = sizes.addObject();
          ObjectNode extents = size.putObject("extents");
          larger.extents().forEach(extents::put);
          size.put("tokens", larger.tokens());
          size.put("workingBytes", working);
          size.put("bytesPerToken", Math.round(perToken));
          size.put("seconds", BenchReport.rounded(seconds));
          table.row(
              full.name(),
              Long.toString(larger.tokens()),
              Quantities.bytes(loaded),
              Quantities.bytes(working),
              String.format(Locale.ROOT, "%.1f KiB", perToken / 1024),
              Quantities.seconds(seconds));
          progress.step();
        }
      }
    }
  }
}
