package org.viditq.bench.pipeline;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.viditq.bench.onnxruntime.OnnxRuntimeDenoiser;
import org.viditq.bench.roofline.RooflineOperators;
import org.viditq.bench.roofline.RooflineProfile;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.Checkpoints;
import org.viditq.core.checkpoint.MemoryCheckpoint;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.error.ViditqException;
import org.viditq.core.model.CheckpointParameters;
import org.viditq.core.model.DenoiserFamilies;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.InputNames;
import org.viditq.core.model.InputSpec;
import org.viditq.core.model.Parameters;
import org.viditq.core.operators.OperatorProfile;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.Precision;
import org.viditq.core.operators.TimedOperators;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.ModelDenoiser;
import org.viditq.core.tensor.Tensor;
import org.viditq.cpp.InstructionSet;
import org.viditq.cpp.NativeLibrary;
import org.viditq.cpp.NativeOperators;
import org.viditq.onnx.OnnxGraph;
import org.viditq.onnxruntime.GraphDenoiser;
import org.viditq.onnxruntime.OperatorLibrary;
import org.viditq.quantize.checkpoint.QuantizedCheckpoint;

/**
 * Main class of a process that holds one denoiser and evaluates it when told to, so that the peak
 * of the process's memory is that of the denoiser.
 *
 * <p>Says {@code ready} and the bytes of native memory that its weights take (of ONNX Runtime those
 * of the graph's constants, as they are stored), once it has been evaluated for the first time;
 * {@code took} and nanoseconds for each line {@code run} that it reads; {@code peak} and the most
 * bytes that the process had resident, when the input ends. Where the operators of those runs are
 * timed one by one, which itself takes time and memory, lines about each follow: {@code operator},
 * calls, nanoseconds and kind, or {@code work} and {@link RooflineProfile.Entry#toLine()}.
 */
final class DenoiserProcess {
  /** Begins a line about an operator. */
  static final String OPERATOR = "operator ";

  /** Begins a line about an operator's work. */
  static final String WORK = "work ";

  private DenoiserProcess() {}

  /**
   * @param args what {@link #arguments} gave
   */
  public static void main(String[] args) throws IOException {
    try {
      measure(
          Path.of(args[0]),
          new EvaluationSize(number(args[1]), number(args[2]), number(args[3])),
          number(args[4]),
          Variant.valueOf(args[5]),
          Observation.valueOf(args[6]));
    } catch (ViditqException failure) {
      System.err.println(failure.getMessage());
      System.exit(1);
    }
  }

  /**
   * The command line of a process.
   *
   * @param folder of the transformer
   */
  static List<String> arguments(
      Path folder, EvaluationSize size, int threads, Variant variant, Observation observation) {
    return List.of(
        folder.toString(),
        Integer.toString(size.pixels()),
        Integer.toString(size.frames()),
        Integer.toString(size.textTokens()),
        Integer.toString(threads),
        variant.name(),
        observation.name());
  }

  private static int number(String argument) {
    return Integer.parseInt(argument);
  }

  private static void measure(
      Path folder, EvaluationSize size, int threads, Variant variant, Observation observation)
      throws IOException {
    DenoiserModel model =
        model(JsonConfig.read(folder.resolve(Component.TRANSFORMER.configFile())));
    if (!variant.isNative()) {
      try (Denoiser denoiser = inOnnxRuntime(model, folder, threads, variant)) {
        long weightBytes = Files.size(folder.resolve(OnnxGraph.DATA_FILE));
        serve(denoiser, input(model, size), weightBytes, new Observed());
      }
      return;
    }
    long before = NativeLibrary.allocatedBytes();
    Observed observed = new Observed();
    try (NativeOperators operators =
            new NativeOperators(threads, InstructionSet.choose(), variant.precision());
        Checkpoint weights = Checkpoints.open(folder);
        Denoiser denoiser =
            denoiser(
                model,
                weights,
                observed.around(operators, observation, variant.precision(), model))) {
      long weightBytes = NativeLibrary.allocatedBytes() - before;
      serve(denoiser, input(model, size), weightBytes, observed);
    }
    if (NativeLibrary.allocatedBytes() != before) {
      throw new IllegalStateException(
          NativeLibrary.allocatedBytes() - before + " bytes of native memory were not released.");
    }
  }

  private static Denoiser inOnnxRuntime(
      DenoiserModel model, Path folder, int threads, Variant variant) {
    return variant.hasOurOperators()
        ? GraphDenoiser.open(
            model, folder.resolve(OnnxGraph.MODEL_FILE), OperatorLibrary.NATIVE, threads)
        : OnnxRuntimeDenoiser.open(model, folder, threads);
  }

  private static <V> Denoiser denoiser(
      DenoiserModel model, Checkpoint weights, Operators<V> operators) {
    return new ModelDenoiser<>(model, parameters(weights), operators, () -> {});
  }

  static Parameters parameters(Checkpoint weights) {
    return QuantizedCheckpoint.recognizes(weights)
        ? QuantizedCheckpoint.read(weights).parameters()
        : new CheckpointParameters(weights);
  }

  private static void serve(
      Denoiser denoiser, DenoiserInput input, long weightBytes, Observed observed)
      throws IOException {
    requireFinite(denoiser.predict(input));
    observed.clear();
    System.out.println("ready " + weightBytes);
    BufferedReader commands =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    while (commands.readLine() != null) {
      long start = System.nanoTime();
      denoiser.predict(input);
      System.out.println("took " + (System.nanoTime() - start));
    }
    System.out.println("peak " + peakResidentBytes());
    observed.lines().forEach(System.out::println);
  }

  /** What is measured of operators; nothing unless it is laid around them. */
  private static final class Observed {
    private final OperatorProfile profile = new OperatorProfile();
    private final RooflineProfile work = new RooflineProfile();

    <V> Operators<V> around(
        Operators<V> operators, Observation observation, Precision precision, DenoiserModel model) {
      return switch (observation) {
        case NONE -> operators;
        case PROFILE -> new TimedOperators<>(operators, profile);
        case ROOFLINE -> new RooflineOperators<>(operators, precision, model.linearLayers(), work);
      };
    }

    void clear() {
      profile.clear();
      work.clear();
    }

    List<String> lines() {
      List<String> lines = new ArrayList<>();
      for (OperatorProfile.Entry entry : profile.entries()) {
        lines.add(OPERATOR + entry.calls() + " " + entry.nanos() + " " + entry.kind());
      }
      work.entries().forEach(entry -> lines.add(WORK + entry.toLine()));
      return lines;
    }
  }

  /** The denoiser that a configuration describes: all that are measured name their class. */
  static DenoiserModel model(JsonConfig config) {
    return DenoiserFamilies.model(config, new MemoryCheckpoint(config.source(), List.of()));
  }

  /** Normally distributed, the same in every process. */
  static DenoiserInput input(DenoiserModel model, EvaluationSize size) {
    Random random = new Random(1);
    Map<String, Integer> extents = size.extents();
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    for (InputSpec spec : model.inputs()) {
      int[] shape = spec.shape(extents);
      inputs.put(
          spec.name(),
          switch (spec.name()) {
            case InputNames.TIMESTEPS -> Tensor.full(500, shape);
            case InputNames.MASK, InputNames.MASK_2 -> Tensor.full(1, shape);
            case InputNames.LABELS, InputNames.STYLE -> Tensor.zeros(shape);
            default -> normal(random, shape);
          });
    }
    inputs.putAll(model.sizeInputs(EvaluationSize.SAMPLES, size.pixels(), size.pixels()));
    return new DenoiserInput(inputs);
  }

  private static Tensor normal(Random random, int... dims) {
    Tensor tensor = Tensor.zeros(dims);
    for (int i = 0; i < tensor.size(); i++) {
      tensor.data()[i] = (float) random.nextGaussian();
    }
    return tensor;
  }

  private static void requireFinite(Tensor prediction) {
    if (!prediction.isFinite()) {
      throw new NonFiniteException("The denoiser's prediction holds NaN or infinity.");
    }
  }

  /** VmHWM of Linux. */
  private static long peakResidentBytes() throws IOException {
    List<String> status = Files.readAllLines(Path.of("/proc/self/status"));
    return status.stream()
            .filter(line -> line.startsWith("VmHWM:"))
            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
            .findFirst()
            .orElseThrow()
        * 1024;
  }
}
