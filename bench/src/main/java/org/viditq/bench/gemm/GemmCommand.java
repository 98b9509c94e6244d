package org.viditq.bench.gemm;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.viditq.bench.report.BenchReport;
import org.viditq.bench.report.MeasurementOptions;
import org.viditq.cli.console.Console;
import org.viditq.cli.option.CommonOptions;
import org.viditq.cpp.InstructionSet;
import org.viditq.onnx.OnnxOptions.LinearForm;
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
          + " weights on every VNNI or AMX instruction set of this machine, the float32"
          + " products of oneDNN and ONNX Runtime, and the latter's dynamic 8-bit product. Then what token quantization adds"
          + " to LayerNorm and modulation, beside the time of the product that it is for. For"
          + " figures of one core, run it under taskset -c 0.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  taskset -c 0 viditq bench gemm",
      "  viditq bench gemm --shapes 4096x1152x1152 --threads 1,2 --out gemm.json"
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

  private List<Integer> threadCounts;
  private int rounds;

  @Override
  public Integer call() {
    Console console = new Console(spec, common);
    threadCounts = options.threadCounts(1);
    rounds = options.rounds(21);
    BenchReport report =
        new BenchReport(spec, options, threadCounts.stream().max(Integer::compare).get(), rounds);
    report.root().put("clock", ofOneThread() ? "processor time of the thread" : "wall");
    for (GemmShape shape : shapes) {
      ObjectNode figures = measure(shape, console);
      new QuantizationCost(shape, threadCounts.get(0), new Rounds(rounds, clock()))
          .measure(integerSets().toList(), figures.withArray("/quantization"), console);
      report.root().withArray("/shapes").add(figures);
    }
    report.finish(console);
    return 0;
  }

  private boolean ofOneThread() {
    return threadCounts.equals(List.of(1));
  }

  private ObjectNode measure(GemmShape shape, Console console) {
    Operands operands = new Operands(shape);
    List<PeakLoop> peaks = integerSets().map(PeakLoop::new).toList();
    List<Layer> layers = new ArrayList<>();
    try {
      for (int threads : threadCounts) {
        addLayers(layers, operands, threads);
      }
      List<Contender> contenders = new ArrayList<>(peaks);
      layers.forEach(layer -> contenders.add(layer.contender()));
      Map<String, Double> medians = new Rounds(rounds, clock()).measure(contenders);
      return new GemmTable(shape, peaks, layers, medians).report(console);
    } finally {
      layers.forEach(layer -> layer.contender().close());
    }
  }

  private void addLayers(List<Layer> layers, Operands operands, int threads) {
    for (InstructionSet isa : integerSets().toList()) {
      for (int bits : new int[] {8, 4}) {
        add(
            layers,
            "int" + bits + "-" + isa,
            threads,
            name -> new NativeLayer(name, isa, threads, operands.x(), operands.quantized(bits)));
      }
    }
    add(
        layers,
        GemmTable.ONE_DNN,
        threads,
        name ->
            new NativeLayer(
                name, InstructionSet.choose(), threads, operands.x(), operands.dense()));
    add(
        layers,
        GemmTable.ONNX_RUNTIME_FLOAT,
        threads,
        name -> new OnnxRuntimeLayer(name, operands, LinearForm.FLOAT32, threads));
    add(
        layers,
        GemmTable.ONNX_RUNTIME,
        threads,
        name -> new OnnxRuntimeLayer(name, operands, LinearForm.DYNAMIC_INT8, threads));
  }

  private void add(
      List<Layer> layers, String name, int threads, Function<String, Contender> contender) {
    String unique = threadCounts.size() == 1 ? name : name + " x" + threads;
    layers.add(new Layer(name, threads, contender.apply(unique)));
  }

  /** One thread's own processor time, which leaves other processes' turns out; else the wall's. */
  private LongSupplier clock() {
    ThreadMXBean thread = ManagementFactory.getThreadMXBean();
    return ofOneThread() ? thread::getCurrentThreadCpuTime : System::nanoTime;
  }

  /** Those with an instruction for integer products. */
  private static Stream<InstructionSet> integerSets() {
    return InstructionSet.supported().stream().filter(InstructionSet::hasMultiplier);
  }

  /**
   * A layer on a number of threads.
   *
   * @param name the same for every number of threads; the contender's is unique
   */
  record Layer(String name, int threads, Contender contender) {}
}
