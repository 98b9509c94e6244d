package org.viditq.bench.gemm;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.viditq.core.io.AtomicOutput;
import org.viditq.cpp.InstructionSet;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Measures linear layers and their peers in one run. */
@Command(
    name = "gemm",
    mixinStandardHelpOptions = true,
    description = {
      "Measures linear layers from float32 rows to float32 rows, token quantization and bias",
      "included: 8-bit and 4-bit weights on every VNNI or AMX instruction set of this machine,",
      "oneDNN's float32 product, and ONNX Runtime's dynamic 8-bit product, in turns.",
      "For figures of one core, run it under taskset -c 0."
    })
public final class GemmCommand implements Callable<Integer> {
  @Option(
      names = "--shapes",
      split = ",",
      converter = GemmShape.Converter.class,
      paramLabel = "MxKxN",
      defaultValue = "256x1152x1152,1024x1152x4608,1024x4608x1152",
      description = "Rows, input and output channels; default: ${DEFAULT-VALUE}.")
  private List<GemmShape> shapes;

  @Option(
      names = "--rounds",
      defaultValue = "21",
      description = "Turns that medians are taken of; default: ${DEFAULT-VALUE}.")
  private int rounds;

  @Option(
      names = "--threads",
      defaultValue = "1",
      description = "Threads of every contender; default: ${DEFAULT-VALUE}.")
  private int threads;

  @Option(names = "--note", description = "Goes into the JSON: what else the machine was doing.")
  private Optional<String> note;

  @Option(names = "--out", paramLabel = "FILE", description = "Writes the figures as JSON.")
  private Optional<Path> out;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    if (rounds < 1 || threads < 1) {
      throw new ParameterException(
          spec.commandLine(), "--rounds and --threads must be at least 1.");
    }
    ObjectMapper json = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    ObjectNode report = json.createObjectNode();
    report.put("benchmark", "gemm");
    report.put("date", OffsetDateTime.now().truncatedTo(ChronoUnit.SECONDS).toString());
    report.put("machine", machine());
    report.put(
        "command",
        "bench "
            + String.join(" ", spec.commandLine().getParent().getParseResult().originalArgs()));
    report.put("threads", threads);
    report.put("rounds", rounds);
    report.put("clock", threads == 1 ? "processor time of the thread" : "wall");
    note.ifPresent(text -> report.put("note", text));
    for (GemmShape shape : shapes) {
      report.withArray("/shapes").add(measure(shape, json));
    }
    if (out.isPresent()) {
      try (AtomicOutput output = AtomicOutput.file(out.get())) {
        Files.writeString(output.path(), json.writeValueAsString(report) + "\n");
        output.commit();
      }
    }
    return 0;
  }

  private ObjectNode measure(GemmShape shape, ObjectMapper json) {
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
      return report(shape, peaks, new Rounds(rounds, clock()).measure(contenders), json);
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
      GemmShape shape, List<PeakLoop> peaks, Map<String, Double> medians, ObjectMapper json) {
    PrintWriter print = spec.commandLine().getOut();
    ObjectNode result = json.createObjectNode().put("shape", shape.toString());
    double oneDnn = medians.get("onednn-f32");
    double onnxRuntime = medians.get("onnxruntime-dynamic-int8");
    print.printf("%s%n", shape);
    Set<String> peakNames = new LinkedHashSet<>();
    for (PeakLoop peak : peaks) {
      peakNames.add(peak.name());
      double rate = peak.operations() / medians.get(peak.name());
      result.withObject("/peakGops").put(peak.name().substring("peak-".length()), rounded(rate));
      print.printf("  %-26s %32.0f Gop/s%n", peak.name(), rate);
    }
    medians.forEach(
        (name, nanos) -> {
          if (peakNames.contains(name)) {
            return;
          }
          double rate = shape.operations() / nanos;
          ObjectNode row = result.withArray("/results").addObject().put("name", name);
          row.put("medianMillis", rounded(nanos / 1e6)).put("gops", rounded(rate));
          row.put("timesOneDnnF32", rounded(oneDnn / nanos));
          row.put("timesOnnxRuntimeInt8", rounded(onnxRuntime / nanos));
          print.printf(
              "  %-26s %9.3f ms %7.0f Gop/s  %5.2fx oneDNN f32  %5.2fx ONNX Runtime int8",
              name, nanos / 1e6, rate, oneDnn / nanos, onnxRuntime / nanos);
          for (PeakLoop peak : peaks) {
            double fraction = rate / (peak.operations() / medians.get(peak.name())) / threads;
            row.withObject("/fractionOfPeak")
                .put(peak.name().substring("peak-".length()), rounded(fraction));
            print.printf("  %5.3f of %s", fraction, peak.name());
          }
          print.println();
        });
    print.flush();
    return result;
  }

  private static double rounded(double value) {
    return Math.round(value * 1e4) / 1e4;
  }

  private static String machine() throws IOException {
    Path info = Path.of("/proc/cpuinfo");
    String model =
        Files.isReadable(info)
            ? Files.readAllLines(info).stream()
                .filter(line -> line.startsWith("model name"))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElse("unknown processor")
            : System.getProperty("os.arch");
    return model + ", " + InstructionSet.supported();
  }
}
