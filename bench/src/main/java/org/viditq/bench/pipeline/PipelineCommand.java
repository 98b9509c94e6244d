package org.viditq.bench.pipeline;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.viditq.bench.report.BenchReport;
import org.viditq.bench.report.MeasurementOptions;
import org.viditq.bench.report.ScratchOption;
import org.viditq.bench.roofline.LimitMeasurement;
import org.viditq.bench.roofline.MachineLimits;
import org.viditq.bench.roofline.RooflineTable;
import org.viditq.cli.console.Console;
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
      "Evaluates a transformer of full size with random weights on two samples, as classifier-free"
          + " guidance needs. Our variants run on the native backend, from checkpoints as 'viditq"
          + " quantize' writes them, attention in float32 where the name says nothing of it; ONNX"
          + " Runtime runs the same model as a graph, in float32, with its own dynamic 8-bit"
          + " quantization, and with our operators. Every variant has a process of its own; they"
          + " take turns. All variants of an XL/2 model need 6 GB of disk, 3.1 GB per size, and 13"
          + " GB of memory; fewer blocks or variants take less.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  viditq bench pipeline",
      "  viditq bench pipeline --sizes 256 --variants fp32,w8a8 --rounds 9 --out pipeline.json",
      "  viditq bench pipeline --variants w8a8 --profile",
      "  viditq bench pipeline --variants fp32,w8a8,w8a8-attention-int8 --roofline",
      "  viditq bench pipeline --model pixart-sigma-1024 --blocks 7 --rounds 3",
      "  viditq bench pipeline --model stdit-xl-2 --frames 4 --blocks 7 --rounds 3",
      "  viditq bench pipeline --model samples/pixart-mini --sizes 64"
    })
public final class PipelineCommand implements Callable<Integer> {
  /** Of the machine's limits, which are measured in milliseconds. */
  private static final int ROOFLINE_ROUNDS = 21;

  @Option(
      names = "--model",
      paramLabel = "NAME|DIR",
      defaultValue = "pixart-xl-2",
      description =
          "Random weights of pixart-xl-2 (120 text tokens), pixart-sigma-1024 (300 text tokens) or"
              + " stdit-xl-2 (120), or the transformer of a pipeline folder. Default:"
              + " ${DEFAULT-VALUE}.")
  private String model;

  @Option(
      names = "--blocks",
      paramLabel = "N",
      description =
          "Leave only so many blocks of a named model, which is measured as it is then: nothing is"
              + " scaled up. Default: all.")
  private Integer blocks;

  @Option(
      names = "--sizes",
      split = ",",
      paramLabel = "PX",
      description =
          "Sides of the pictures in pixels. Default: 256,512; pixart-sigma-1024: 1024; stdit-xl-2:"
              + " 512.")
  private List<Integer> sizes;

  @Option(
      names = "--frames",
      paramLabel = "N",
      description =
          "Frames of a clip's latents. Default: as many as the model was trained for, 16 of"
              + " stdit-xl-2.")
  private Integer frames;

  @Option(
      names = "--variants",
      split = ",",
      paramLabel = "V",
      description =
          "What to measure: ${COMPLETION-CANDIDATES}. Default: all that"
              + " this processor supports.")
  private List<Variant> variants;

  @Option(
      names = "--profile",
      description =
          "Then tell where the time of our variants goes, operator by operator, in processes of"
              + " their own.")
  private boolean profile;

  @Option(
      names = "--roofline",
      description =
          "Then tell how near the operators of our variants come to what this machine can do at"
              + " most: the peaks of its instructions for products and the bandwidth of its memory,"
              + " which are measured in the same run. In processes of their own.")
  private boolean roofline;

  @Mixin private ScratchOption scratch;
  @Mixin private MeasurementOptions options;
  @Mixin private CommonOptions common;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    Console console = new Console(spec, common);
    int rounds = options.rounds(5);
    int threads = options.threads(Runtime.getRuntime().availableProcessors());
    Subject subject = Subject.of(model, Optional.ofNullable(blocks));
    List<EvaluationSize> chosenSizes =
        subject.sizes(Optional.ofNullable(sizes), Optional.ofNullable(frames));
    Set<Variant> chosen = variants == null ? Variant.supported() : EnumSet.copyOf(variants);
    if ((profile || roofline) && chosen.stream().noneMatch(Variant::isNative)) {
      throw new UsageException(
          (profile ? "--profile" : "--roofline")
              + " looks into variants of the native backend, but --variants names none; add one, or"
              + " leave it out.");
    }
    if (roofline) {
      LimitMeasurement.requireMultiplier();
    }
    BenchReport report = new BenchReport(spec, options, threads, rounds);
    subject.putInto(report.root());
    report.root().put("jvmOptions", String.join(" ", Contender.JVM_OPTIONS));
    try (ModelFiles files = new ModelFiles(subject, scratch, chosen, console)) {
      PipelineMeasurement measurement =
          new PipelineMeasurement(files, chosen, rounds, threads, console);
      for (EvaluationSize size : chosenSizes) {
        ObjectNode node = report.root().withArray("/sizes").addObject();
        size.putInto(node, subject.model());
        measure(measurement, size, node, console);
        if (roofline) {
          MachineLimits limits = new LimitMeasurement(threads, ROOFLINE_ROUNDS).measure();
          addRooflines(limits, measurement.rooflines(size, limits), node, console);
        }
      }
    }
    report.finish(console);
    return 0;
  }

  private void measure(
      PipelineMeasurement measurement, EvaluationSize size, ObjectNode node, Console console) {
    PipelineTable table = new PipelineTable(size.toString(), measurement.inTurns(size));
    table.putInto(node);
    print(table.lines(), console);
    if (profile) {
      for (ProfileTable one : measurement.profiles(size)) {
        one.putInto(node.withArray("/profiles").addObject());
        print(one.lines(), console);
      }
    }
  }

  private static void addRooflines(
      MachineLimits limits, List<RooflineTable> tables, ObjectNode node, Console console) {
    ObjectNode rooflines = node.putObject("roofline");
    limits.putInto(rooflines);
    print(List.of(limits.toString()), console);
    for (RooflineTable table : tables) {
      table.putInto(rooflines.withArray("/variants").addObject());
      print(table.lines(), console);
    }
  }

  private static void print(List<String> lines, Console console) {
    lines.forEach(console::result);
    console.result("");
  }
}
