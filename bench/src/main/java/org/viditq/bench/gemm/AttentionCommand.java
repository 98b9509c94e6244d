package org.viditq.bench.gemm;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.LongSupplier;
import org.viditq.bench.report.BenchReport;
import org.viditq.bench.report.MeasurementOptions;
import org.viditq.cli.console.Console;
import org.viditq.cli.console.Quantities;
import org.viditq.cli.console.TextTable;
import org.viditq.cli.option.CommonOptions;
import org.viditq.core.operators.AttentionPrecision;
import org.viditq.cpp.InstructionSet;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code viditq bench attention}: the precisions of attention in one run. */
@Command(
    name = "attention",
    header = "Measure attention in float32, bfloat16 and int8, in turns.",
    description = {
      "",
      "On the instruction set that VIDITQ_ISA or this machine chooses, from float32 q, k and v to"
          + " a float32 result. Peaks are those of products in registers only: int8 as measured by"
          + " the same loop as in bench gemm, half of it for bfloat16 and a quarter for float32,"
          + " as many products as instructions of the same width do. For figures of one core, run"
          + " it under taskset -c 0.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  taskset -c 0 viditq bench attention",
      "  viditq bench attention --shapes 1024x1024x16x72 --threads 2 --out attention.json"
    })
public final class AttentionCommand implements Callable<Integer> {
  @Option(
      names = "--shapes",
      split = ",",
      converter = AttentionShape.Converter.class,
      paramLabel = "QxSxHxD[xB]",
      defaultValue =
          "256x256x16x72,1024x1024x16x72,4096x4096x16x72,1024x120x16x72,4096x300x16x72,16x16x16x72x256",
      description =
          "Queries, keys, heads, channels of a head, and the batch if it is not 1. Default, XL/2 at"
              + " 256, 512 and 1024 pixels, to the text, and within places of a clip:"
              + " ${DEFAULT-VALUE}.")
  private List<AttentionShape> shapes;

  @Mixin private MeasurementOptions options;
  @Mixin private CommonOptions common;
  @Spec private CommandSpec spec;

  private int threads;
  private int rounds;

  @Override
  public Integer call() {
    Console console = new Console(spec, common);
    threads = options.threads(1);
    rounds = options.rounds(21);
    BenchReport report = new BenchReport(spec, options, threads, rounds);
    report.root().put("clock", threads == 1 ? "processor time of the thread" : "wall");
    for (AttentionShape shape : shapes) {
      report.root().withArray("/shapes").add(measure(shape, console));
    }
    report.finish(console);
    return 0;
  }

  private ObjectNode measure(AttentionShape shape, Console console) {
    Optional<PeakLoop> peak =
        Optional.of(InstructionSet.choose())
            .filter(InstructionSet::hasMultiplier)
            .map(PeakLoop::new);
    List<NativeAttentionCall> calls = new ArrayList<>();
    try {
      for (AttentionPrecision precision : AttentionPrecision.values()) {
        calls.add(new NativeAttentionCall(precision, shape, threads));
      }
      List<Contender> contenders = new ArrayList<>(calls);
      peak.ifPresent(contenders::add);
      Map<String, Double> medians = new Rounds(rounds, clock()).measure(contenders);
      return report(
          shape, medians, peak.map(loop -> loop.operations() / medians.get(loop.name())), console);
    } finally {
      calls.forEach(NativeAttentionCall::close);
    }
  }

  /**
   * Prints the table and returns the JSON.
   *
   * @param peak int8 operations per nanosecond of a thread
   */
  private ObjectNode report(
      AttentionShape shape, Map<String, Double> medians, Optional<Double> peak, Console console) {
    ObjectNode result = Console.object().put("shape", shape.toString());
    peak.ifPresent(rate -> result.put("peakInt8Gops", BenchReport.rounded(rate)));
    TextTable table = new TextTable(shape.toString(), ">ms", ">Gop/s", ">vs fp32", ">of peak");
    double exact = medians.get(AttentionPrecision.FP32.toString());
    for (AttentionPrecision precision : AttentionPrecision.values()) {
      double nanos = medians.get(precision.toString());
      double rate = shape.operations() / nanos;
      ObjectNode json = result.withArray("/results").addObject();
      json.put("name", precision.toString());
      json.put("medianMillis", BenchReport.rounded(nanos / 1e6));
      json.put("gops", BenchReport.rounded(rate));
      json.put("timesFp32", BenchReport.rounded(exact / nanos));
      Optional<Double> fraction =
          peak.map(most -> rate / (most * threads / instructionsPerInt8(precision)));
      fraction.ifPresent(f -> json.put("fractionOfPeak", BenchReport.rounded(f)));
      table.row(
          precision.toString(),
          String.format(Locale.ROOT, "%.3f", nanos / 1e6),
          String.format(Locale.ROOT, "%.0f", rate),
          Quantities.times(exact / nanos),
          fraction.map(f -> String.format(Locale.ROOT, "%.3f", f)).orElse(""));
    }
    table.lines().forEach(console::result);
    console.result("");
    return result;
  }

  /** Instructions of one width for the products that one of int8 makes. */
  private static int instructionsPerInt8(AttentionPrecision precision) {
    return switch (precision) {
      case FP32 -> 4;
      case BF16 -> 2;
      case INT8 -> 1;
    };
  }

  /** One thread's own processor time, which leaves other processes' turns out; else the wall's. */
  private LongSupplier clock() {
    ThreadMXBean thread = ManagementFactory.getThreadMXBean();
    return threads == 1 ? thread::getCurrentThreadCpuTime : System::nanoTime;
  }
}
