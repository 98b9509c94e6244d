package org.viditq.cli.quantize;

import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.operators.Operators;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.ProgressListener;
import org.viditq.core.pipeline.PromptEmbeddings;
import org.viditq.core.pipeline.TextToImagePipeline;
import org.viditq.quantize.calibrate.CalibrationRecorder;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.calibrate.ModelIdentity;
import org.viditq.quantize.calibrate.ObservingOperators;

/** Samples calibration prompts in full precision and records the inputs of every linear layer. */
public final class Calibration {
  private final PipelineFolder folder;
  private final TextToImagePipeline pipeline;
  private final Supplier<Operators<?>> backend;

  public Calibration(
      PipelineFolder folder, TextToImagePipeline pipeline, Supplier<Operators<?>> backend) {
    this.folder = folder;
    this.pipeline = pipeline;
    this.backend = backend;
  }

  /**
   * Runs one batch of all prompts.
   *
   * @param every n keeps sampling steps 0, n, 2n, ...
   */
  public CalibrationStatistics run(
      GenerationRequest request, PromptEmbeddings prompts, int every, ProgressListener progress) {
    CalibrationRecorder recorder = new CalibrationRecorder(step -> step % every == 0);
    try (Operators<?> operators = backend.get();
        Denoiser denoiser = observed(operators, recorder)) {
      pipeline.sample(request, prompts, denoiser, recorder, progress);
    }
    return recorder.statistics(modelIdentity(folder));
  }

  private <V> Denoiser observed(Operators<V> operators, CalibrationRecorder recorder) {
    return pipeline.openDenoiser(
        UnaryOperator.identity(), new ObservingOperators<>(operators, recorder));
  }

  /** Fingerprint of a pipeline's transformer, which its statistics carry. */
  static String modelIdentity(PipelineFolder folder) {
    try (Checkpoint weights = folder.checkpoint(Component.TRANSFORMER)) {
      return ModelIdentity.of(folder.config(Component.TRANSFORMER).node(), weights);
    }
  }
}
