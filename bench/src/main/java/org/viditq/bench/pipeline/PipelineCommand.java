package org.viditq.bench.pipeline;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.viditq.bench.report.BenchReport;
import org.viditq.bench.report.MeasurementOptions;
import org.viditq.cli.console.Console;
import org.viditq.cli.console.Progress;
import org.viditq.cli.option.CommonOptions;
import org.viditq.core.error.UsageException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code viditq bench pipeline}: time and memory of whole denoisers. */
@Command(
    name = "pipeline",
    header = "Measure a denoiser in full precision and quantized: time and memory.",
    description = {
      "",
      "Evaluates a transformer of the size of PixArt XL/2 with random weights: batch 2, as"
          + " classifier-free guidance needs, 120 text tokens. Our variants run on the native"
          + " backend, from checkpoints as 'viditq quantize' writes them; ONNX Runtime runs the same"
          + " model as a graph, in float32, with its own dynamic 8-bit quantization, and with our"
          + " operators. Every variant has a process of its own; they take turns. The XL/2 model"
          + " needs 2.2 GB of disk and 5 GB of memory, with ONNX Runtime's variants 1.6 GB of disk,"
          + " 3.1 GB per size, and 7 GB of memory more.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  viditq bench pipeline",
      "  viditq bench pipeline --sizes 256 --variants fp32,w8a8 --rounds 9 --out pipeline.json",
      "  viditq bench pipeline --variants w8a8 --profile",
      "  viditq bench pipeline --model samples/pixart-mini --sizes 64"
    })
public final class PipelineCommand implements Callable<Integer> {
  private static final int SMALLEST = 16;
  private static final int LARGEST = 4096;

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = "Take the transformer of this pipeline folder instead.")
  private Path model;

  @Option(
      names = "--sizes",
      split = ",",
      paramLabel = "PX",
      defaultValue = "256,512",
      description = "Sides of the pictures in pixels. Default: ${DEFAULT-VALUE}.")
  private List<Integer> sizes;

  @Option(
      names = "--variants",
      split = ",",
      paramLabel = "V",
      description =
          "What to measure: ${COMPLETION-CANDIDATES}. Default: all that"
              + " this processor supports.")
  private List<Variant> variants;

  @Option(
      names = "--scratch",
      paramLabel = "DIR",
      description = "Where models are written, and deleted again. Default: the temporary folder.")
  private Path scratch;

  @Option(
      names = "--profile",
      description =
          "Then tell where the time of our variants goes, operator by operator, in processes of"
              + " their own.")
  private boolean profile;

  @Mixin private MeasurementOptions options;
  @Mixin private CommonOptions common;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    Console console = new Console(spec, common);
    int rounds = options.rounds(5);
    int threads = options.threads(Runtime.getRuntime().availableProcessors());
    checkSizes();
    Set<Variant> chosen = variants == null ? Variant.supported() : EnumSet.copyOf(variants);
    BenchReport report = new BenchReport(spec, options, threads, rounds);
    report.root().put("model", model == null ? "PixArt XL/2, random weights" : model.toString());
    report.root().put("jvmOptions", String.join(" ", Contender.JVM_OPTIONS));
    try (ModelFiles files =
        new ModelFiles(Optional.ofNullable(model), scratchParent(), chosen, console)) {
      for (int pixels : sizes) {
        PipelineTable table =
            new PipelineTable(pixels, measure(files, chosen, pixels, rounds, threads, console));
        ObjectNode size = report.root().withArray("/sizes").addObject();
        table.putInto(size);
        table.lines().forEach(console::result);
        console.result("");
        if (profile) {
          profile(files, chosen, pixels, rounds, threads, console, size.putArray("profiles"));
        }
      }
    }
    report.finish(console);
    return 0;
  }

  private void checkSizes() {
    for (int pixels : sizes) {
      if (pixels < SMALLEST || pixels > LARGEST || pixels % SMALLEST != 0) {
        throw new UsageException(
            "--sizes holds "
                + pixels
                + ", but sides of pictures are multiples of 16 from 16 to 4096.");
      }
    }
  }

  private Path scratchParent() {
    return scratch == null ? Path.of(System.getProperty("java.io.tmpdir")) : scratch;
  }

  /** Every round goes the other way than the one before. */
  private static List<Measured> measure(
      ModelFiles files,
      Set<Variant> variants,
      int pixels,
      int rounds,
      int threads,
      Console console) {
    List<Contender> contenders = new ArrayList<>();
    try (Progress progress =
        console.progress("Evaluating, " + pixels + " px", (rounds + 1L) * variants.size())) {
      for (Variant variant : variants) {
        progress.label(variant.toString());
        contenders.add(start(files, variant, pixels, threads, false));
        progress.step();
      }
      long[][] nanos = new long[contenders.size()][rounds];
      for (int round = 0; round < rounds; round++) {
        for (int turn = 0; turn < contenders.size(); turn++) {
          int i = round % 2 == 0 ? turn : contenders.size() - 1 - turn;
          nanos[i][round] = contenders.get(i).run();
          progress.step();
        }
      }
      List<Measured> measured = new ArrayList<>();
      for (int i = 0; i < contenders.size(); i++) {
        Contender contender = contenders.get(i);
        measured.add(
            new Measured(contender.name(), nanos[i], contender.finish(), contender.weightBytes()));
      }
      return measured;
    } finally {
      contenders.forEach(Contender::close);
    }
  }

  private static Contender start(
      ModelFiles files, Variant variant, int pixels, int threads, boolean profiled) {
    String log = variant + "-" + pixels + (profiled ? "-profile" : "") + ".log";
    return new Contender(
        variant, files.transformer(variant, pixels), pixels, threads, profiled, files.file(log));
  }

  /** Of our variants, in processes of their own, one after the other. */
  private static void profile(
      ModelFiles files,
      Set<Variant> variants,
      int pixels,
      int rounds,
      int threads,
      Console console,
      ArrayNode profiles) {
    List<Variant> ours = variants.stream().filter(Variant::isNative).toList();
    List<ProfileTable> tables = new ArrayList<>();
    try (Progress progress =
        console.progress("Profiling, " + pixels + " px", (rounds + 1L) * ours.size())) {
      for (Variant variant : ours) {
        progress.label(variant.toString());
        try (Contender contender = start(files, variant, pixels, threads, true)) {
          progress.step();
          for (int round = 0; round < rounds; round++) {
            contender.run();
            progress.step();
          }
          contender.finish();
          tables.add(
              new ProfileTable(variant + ", " + pixels + " px", rounds, contender.operators()));
        }
        tables.get(tables.size() - 1).putInto(profiles.addObject().put("name", variant.toString()));
      }
    }
    for (ProfileTable table : tables) {
      table.lines().forEach(console::result);
      console.result("");
    }
  }
}
