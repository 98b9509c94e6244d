package org.viditq.quantize.apply;

import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.operators.Operators;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.EncodedPrompts;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.ProgressListener;
import org.viditq.quantize.calibrate.CalibrationRecorder;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.calibrate.ModelIdentity;
import org.viditq.quantize.calibrate.ObservingOperators;

/** Samples calibration prompts in full precision and records the inputs of every linear layer. */
public final class PipelineCalibration {
  private final DiffusionPipeline pipeline;
  private final Supplier<? extends Operators<?>> backend;

  public PipelineCalibration(DiffusionPipeline pipeline, Supplier<? extends Operators<?>> backend) {
    this.pipeline = pipeline;
    this.backend = backend;
  }

  /**
   * Runs one batch of all prompts.
   *
   * @param every n keeps sampling steps 0, n, 2n, ...
   */
  public CalibrationStatistics run(
      GenerationRequest request, EncodedPrompts prompts, int every, ProgressListener progress) {
    CalibrationRecorder recorder = new CalibrationRecorder(step -> step % every == 0);
    try (Operators<?> operators = backend.get();
        Denoiser denoiser = observed(operators, recorder)) {
      pipeline.sample(request, prompts, denoiser, recorder, progress);
    }
    return recorder.statistics(modelIdentity(pipeline.folder()));
  }

  private <V> Denoiser observed(Operators<V> operators, CalibrationRecorder recorder) {
    return pipeline.openDenoiser(
        UnaryOperator.identity(), new ObservingOperators<>(operators, recorder));
  }

  /** Fingerprint of a pipeline's transformer, which its statistics carry. */
  public static String modelIdentity(PipelineFolder folder) {
    try (Checkpoint weights = folder.checkpoint(Component.TRANSFORMER)) {
      return ModelIdentity.of(folder.config(Component.TRANSFORMER).node(), weights);
    }
  }
}
