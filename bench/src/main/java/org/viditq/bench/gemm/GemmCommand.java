package org.viditq.bench.gemm;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.viditq.bench.report.BenchReport;
import org.viditq.bench.report.MeasurementOptions;
import org.viditq.cli.console.Console;
import org.viditq.cli.console.Quantities;
import org.viditq.cli.console.TextTable;
import org.viditq.cli.option.CommonOptions;
import org.viditq.cpp.InstructionSet;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code viditq bench gemm}: linear layers and their peers in one run. */
@Command(
    name = "gemm",
    header = "Measure linear layers beside oneDNN and ONNX Runtime, in turns.",
    description = {
      "",
      "From float32 rows to float32 rows, token quantization and bias included: 8-bit and 4-bit"
          + " weights on every VNNI or AMX instruction set of this machine, oneDNN's float32"
          + " product, and ONNX Runtime's dynamic 8-bit product. Then what token quantization adds"
          + " to LayerNorm and modulation, beside the time of the product that it is for. For"
          + " figures of one core, run it under taskset -c 0.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  taskset -c 0 viditq bench gemm",
      "  viditq bench gemm --shapes 4096x1152x1152 --threads 2 --out gemm.json"
    })
public final class GemmCommand implements Callable<Integer> {
  @Option(
      names = "--shapes",
      split = ",",
      converter = GemmShape.Converter.class,
      paramLabel = "MxKxN",
      defaultValue = "256x1152x1152,1024x1152x4608,1024x4608x1152",
      description = "Rows, input and output channels. Default: ${DEFAULT-VALUE}.")
  private List<GemmShape> shapes;

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
    for (GemmShape shape : shapes) {
      ObjectNode figures = measure(shape, console);
      new QuantizationCost(shape, threads, new Rounds(rounds, clock()))
          .measure(integerSets().toList(), figures.withArray("/quantization"), console);
      report.root().withArray("/shapes").add(figures);
    }
    report.finish(console);
    return 0;
  }

  private ObjectNode measure(GemmShape shape, Console console) {
    Operands operands = new Operands(shape);
    List<PeakLoop> peaks = integerSets().map(PeakLoop::new).toList();
    List<Contender> contenders = new ArrayList<>(peaks);
    try {
      integerSets()
          .forEach(
              isa -> {
                contenders.add(layer("int8-" + isa, isa, operands, 8));
                contenders.add(layer("int4-" + isa, isa, operands, 4));
              });
      contenders.add(
          new NativeLayer(
              "onednn-f32", InstructionSet.choose(), threads, operands.x(), operands.dense()));
      contenders.add(new OnnxRuntimeLayer(operands, threads));
      return report(shape, peaks, new Rounds(rounds, clock()).measure(contenders), console);
    } finally {
      contenders.forEach(Contender::close);
    }
  }

  /** One thread's own processor time, which leaves other processes' turns out; else the wall's. */
  private LongSupplier clock() {
    ThreadMXBean thread = ManagementFactory.getThreadMXBean();
    return threads == 1 ? thread::getCurrentThreadCpuTime : System::nanoTime;
  }

  private Contender layer(String name, InstructionSet isa, Operands operands, int weightBits) {
    return new NativeLayer(name, isa, threads, operands.x(), operands.quantized(weightBits));
  }

  /** Those with an instruction for integer products. */
  private static Stream<InstructionSet> integerSets() {
    return InstructionSet.supported().stream().filter(InstructionSet::hasMultiplier);
  }

  private ObjectNode report(
      GemmShape shape, List<PeakLoop> peaks, Map<String, Double> medians, Console console) {
    ObjectNode result = Console.object().put("shape", shape.toString());
    Map<String, Double> peakRates = new LinkedHashMap<>();
    for (PeakLoop peak : peaks) {
      double rate = peak.operations() / medians.get(peak.name());
      peakRates.put(peak.name(), rate);
      result.withObject("/peakGops").put(instructionSet(peak.name()), BenchReport.rounded(rate));
    }
    List<String> titles =
        new ArrayList<>(
            List.of(shape.toString(), ">ms", ">Gop/s", ">vs oneDNN f32", ">vs ONNX Runtime int8"));
    peakRates.keySet().forEach(peak -> titles.add(">of " + peak));
    TextTable table = new TextTable(titles.toArray(String[]::new));
    double oneDnn = medians.get("onednn-f32");
    double onnxRuntime = medians.get("onnxruntime-dynamic-int8");
    medians.forEach(
        (name, nanos) -> {
          double rate = peakRates.getOrDefault(name, shape.operations() / nanos);
          List<String> cells = new ArrayList<>(List.of(name));
          if (peakRates.containsKey(name)) {
            cells.addAll(List.of("", String.format(Locale.ROOT, "%.0f", rate), "", ""));
            peakRates.forEach((peak, most) -> cells.add(""));
          } else {
            ObjectNode row = result.withArray("/results").addObject().put("name", name);
            row.put("medianMillis", BenchReport.rounded(nanos / 1e6));
            row.put("gops", BenchReport.rounded(rate));
            row.put("timesOneDnnF32", BenchReport.rounded(oneDnn / nanos));
            row.put("timesOnnxRuntimeInt8", BenchReport.rounded(onnxRuntime / nanos));
            cells.add(String.format(Locale.ROOT, "%.3f", nanos / 1e6));
            cells.add(String.format(Locale.ROOT, "%.0f", rate));
            cells.add(Quantities.times(oneDnn / nanos));
            cells.add(Quantities.times(onnxRuntime / nanos));
            peakRates.forEach(
                (peak, most) -> {
                  double fraction = rate / most / threads;
                  row.withObject("/fractionOfPeak")
                      .put(instructionSet(peak), BenchReport.rounded(fraction));
                  cells.add(String.format(Locale.ROOT, "%.3f", fraction));
                });
          }
          table.row(cells.toArray(String[]::new));
        });
    table.lines().forEach(console::result);
    console.result("");
    return result;
  }

  private static String instructionSet(String peak) {
    return peak.substring("peak-".length());
  }
}
