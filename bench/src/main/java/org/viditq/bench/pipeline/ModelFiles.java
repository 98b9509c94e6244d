package org.viditq.bench.pipeline;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.viditq.bench.onnxruntime.OnnxRuntimeDenoiser;
import org.viditq.bench.report.ScratchOption;
import org.viditq.cli.console.Console;
import org.viditq.cli.quantize.QuantizationProgress;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.Checkpoints;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.error.OutputException;
import org.viditq.core.io.AtomicOutput;
import org.viditq.core.io.IoReason;
import org.viditq.core.model.CheckpointParameters;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.cpp.InstructionSet;
import org.viditq.cpp.NativeOperators;
import org.viditq.onnx.DenoiserGraph;
import org.viditq.onnx.FloatFormat;
import org.viditq.onnx.OnnxOptions;
import org.viditq.onnx.OnnxOptions.AttentionForm;
import org.viditq.onnx.OnnxOptions.LinearForm;
import org.viditq.quantize.apply.PlanApplication;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.checkpoint.QuantizedCheckpointWriter;
import org.viditq.quantize.plan.QuantizationPlan;

/**
 * The transformers of all variants in a folder that goes with the run: the full-precision one, and
 * those that the product makes of it, ONNX graphs included.
 */
final class ModelFiles implements AutoCloseable {
  private final AtomicOutput scratch;
  private final PipelineFolder pipeline;
  private final Map<Variant, Path> transformers = new EnumMap<>(Variant.class);
  private final Map<QuantizationPlan, Path> quantized = new HashMap<>();

  /**
   * @throws OutputException if they cannot be written
   */
  ModelFiles(Subject subject, ScratchOption place, Set<Variant> variants, Console console) {
    scratch = place.folder("viditq-bench-pipeline");
    try {
      if (subject.hasRandomWeights()) {
        console.note("Writing random weights of " + subject + " to " + scratch.path());
      }
      pipeline = subject.open(scratch.path());
      for (Variant variant : variants) {
        Path transformer =
            variant.plan().isPresent()
                ? quantized(variant.plan().get(), console)
                : pipeline.folder(Component.TRANSFORMER);
        transformers.put(
            variant, variant.hasOurOperators() ? openGraph(transformer, variant) : transformer);
      }
    } catch (RuntimeException | Error unwritten) {
      scratch.close();
      throw unwritten;
    }
  }

  /** Once for all variants of a plan. */
  private Path quantized(QuantizationPlan plan, Console console) {
    return quantized.computeIfAbsent(plan, once -> quantize(once, console));
  }

  private Path quantize(QuantizationPlan plan, Console console) {
    Path folder = scratch.path().resolve("quantized-" + quantized.size());
    try (Checkpoint weights = pipeline.checkpoint(Component.TRANSFORMER);
        QuantizationProgress progress = new QuantizationProgress(console)) {
      PlanApplication application =
          new PlanApplication(
              pipeline, () -> new NativeOperators(1, InstructionSet.choose()), progress);
      QuantizedCheckpointWriter.write(
          folder,
          pipeline.config(Component.TRANSFORMER).node(),
          DiffusionPipeline.readModel(pipeline),
          weights,
          plan,
          application.apply(plan, weights, statistics(plan, console)));
    }
    return folder;
  }

  /** Measured only where a plan needs them. */
  private Optional<CalibrationStatistics> statistics(QuantizationPlan plan, Console console) {
    if (!plan.needsCalibration()) {
      return Optional.empty();
    }
    console.note("Calibrating, " + plan.name());
    return Optional.of(ShortCalibration.run(pipeline));
  }

  /** The folder of a variant's transformer for inputs of some size. */
  Path transformer(Variant variant, EvaluationSize size) {
    Path folder = transformers.get(variant);
    return variant.peer().map(form -> graph(folder, form, variant, size)).orElse(folder);
  }

  /** A quantized transformer as the backend onnxruntime runs it, for all sizes. */
  private Path openGraph(Path transformer, Variant variant) {
    Path folder = scratch.path().resolve(variant.toString());
    DenoiserModel model = DenoiserProcess.model(configOf(transformer));
    try (Checkpoint weights = Checkpoints.open(transformer)) {
      DenoiserGraph.recordOpen(
              model,
              DenoiserProcess.parameters(weights),
              OnnxOptions.plugin(FloatFormat.FP32, AttentionForm.ONNX_RUNTIME),
              OptionalDouble.empty())
          .write(folder);
    }
    copyConfig(transformer, folder);
    return folder;
  }

  /** The full-precision transformer as ONNX Runtime takes it, with its configuration beside it. */
  private Path graph(Path transformer, LinearForm form, Variant variant, EvaluationSize size) {
    Path folder = scratch.path().resolve(variant + "-" + size.fileName());
    DenoiserModel model = DenoiserProcess.model(configOf(transformer));
    try (Checkpoint weights = Checkpoints.open(transformer)) {
      OnnxRuntimeDenoiser.write(
          model,
          new CheckpointParameters(weights),
          form,
          DenoiserProcess.input(model, size),
          folder);
    }
    copyConfig(transformer, folder);
    return folder;
  }

  private static JsonConfig configOf(Path transformer) {
    return JsonConfig.read(transformer.resolve(Component.TRANSFORMER.configFile()));
  }

  private static void copyConfig(Path transformer, Path folder) {
    String name = Component.TRANSFORMER.configFile();
    try {
      Files.copy(transformer.resolve(name), folder.resolve(name));
    } catch (IOException e) {
      throw new OutputException("Cannot write " + folder + ": " + IoReason.of(e) + ".", e);
    }
  }

  /** A file in the scratch folder. */
  Path file(String name) {
    return scratch.path().resolve(name);
  }

  /** Deletes the scratch folder. */
  @Override
  public void close() {
    scratch.close();
  }
}
