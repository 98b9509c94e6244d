package org.viditq.bench.engine;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.viditq.cli.console.Console;
import org.viditq.cli.console.StageProgress;
import org.viditq.cli.picture.PictureScores;
import org.viditq.cli.quantize.QuantizationProgress;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.Component;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.Parameters;
import org.viditq.core.operators.Operators;
import org.viditq.core.pipeline.Clip;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.EncodedPrompts;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.ModelDenoiser;
import org.viditq.core.pipeline.ProgressListener;
import org.viditq.core.pipeline.SamplingListener;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.apply.PlanApplication;
import org.viditq.quantize.apply.StoredSize;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.plan.QuantizationPlan;
import org.viditq.quantize.weight.QuantizedLayers;

/** Makes the same pictures with one engine after the other, each opened twice. */
final class EngineMeasurement {
  private final DiffusionPipeline pipeline;
  private final GenerationRequest request;
  private final EncodedPrompts prompts;
  private final int rounds;
  private final DeviceMemory memory;
  private final Supplier<Operators<?>> operators;
  private final Console console;

  /**
   * @param operators what weights are quantized with
   */
  EngineMeasurement(
      DiffusionPipeline pipeline,
      GenerationRequest request,
      EncodedPrompts prompts,
      int rounds,
      DeviceMemory memory,
      Supplier<Operators<?>> operators,
      Console console) {
    this.pipeline = pipeline;
    this.request = request;
    this.prompts = prompts;
    this.rounds = rounds;
    this.memory = memory;
    this.operators = operators;
    this.console = console;
  }

  MeasuredEngine fullPrecision() {
    try (Checkpoint weights = checkpoint()) {
      return measure(
          "full precision",
          UnaryOperator.identity(),
          StoredSize.of(weights, new QuantizedLayers(Map.of())),
          Optional.empty());
    }
  }

  /**
   * @param beside what its pictures are compared with
   */
  MeasuredEngine quantized(
      QuantizationPlan plan, Optional<CalibrationStatistics> statistics, MeasuredEngine beside) {
    try (Checkpoint weights = checkpoint();
        QuantizationProgress progress = new QuantizationProgress(console)) {
      QuantizedLayers layers =
          new PlanApplication(pipeline.folder(), operators, progress)
              .apply(plan, weights, plan.needsCalibration() ? statistics : Optional.empty());
      return measure(
          plan.name(), layers::over, StoredSize.of(weights, layers), Optional.of(beside));
    }
  }

  private Checkpoint checkpoint() {
    return pipeline.folder().checkpoint(Component.TRANSFORMER);
  }

  private MeasuredEngine measure(
      String name,
      UnaryOperator<Parameters> parameters,
      StoredSize size,
      Optional<MeasuredEngine> beside) {
    // Builds the engine, if it is not in the cache; what building took of memory is given back.
    long start = System.nanoTime();
    Tensor latents;
    try (Denoiser denoiser = pipeline.openDenoiser(parameters);
        StageProgress progress = new StageProgress(console, name)) {
      if (denoiser instanceof ModelDenoiser) {
        throw new UsageException(
            "The transformer in "
                + name
                + " cannot be an engine, for the reason given above; leave"
                + " that plan out.");
      }
      latents = sample(denoiser, progress);
    }
    final double preparation = (System.nanoTime() - start) * 1e-9;
    List<Clip> clips = pipeline.decode(latents, request, ProgressListener.NONE);

    OptionalLong before = memory.used();
    OptionalLong during;
    long[] nanos = new long[rounds];
    try (Denoiser denoiser = pipeline.openDenoiser(parameters)) {
      sample(denoiser, ProgressListener.NONE); // records the device's graph
      for (int round = 0; round < rounds; round++) {
        long began = System.nanoTime();
        sample(denoiser, ProgressListener.NONE);
        nanos[round] = System.nanoTime() - began;
      }
      during = memory.used();
    }
    return new MeasuredEngine(
        name,
        preparation,
        nanos,
        request.steps(),
        before.isPresent() && during.isPresent()
            ? OptionalLong.of(during.getAsLong() - before.getAsLong())
            : OptionalLong.empty(),
        size.quantized(),
        clips,
        beside.map(one -> PictureScores.of(one.clips(), clips)));
  }

  private Tensor sample(Denoiser denoiser, ProgressListener progress) {
    return pipeline.sample(request, prompts, denoiser, SamplingListener.NONE, progress);
  }
}
