package org.viditq.bench.pipeline;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.model.CheckpointParameters;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.InputNames;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.ModelDenoiser;
import org.viditq.core.tensor.Tensor;
import org.viditq.cpp.InstructionSet;
import org.viditq.cpp.NativeOperators;
import org.viditq.quantize.calibrate.CalibrationRecorder;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.calibrate.ModelIdentity;
import org.viditq.quantize.calibrate.ObservingOperators;

/**
 * Statistics for balanced plans, from a small picture of noise: what they are does not matter to
 * time and memory, but that they are there.
 */
final class ShortCalibration {
  private static final int PIXELS = 64;
  private static final int TEXT_TOKENS = 8;

  /** Of clips; what is temporal sees more than one. */
  private static final int FRAMES = 2;

  /** One in each range of the built-in plans. */
  private static final List<Double> TIMESTEPS = List.of(250.0, 750.0);

  private ShortCalibration() {}

  static CalibrationStatistics run(PipelineFolder pipeline) {
    DenoiserModel model = DiffusionPipeline.readModel(pipeline);
    int frames = model.latents().isVideo() ? FRAMES * model.latents().patch().frames() : 1;
    DenoiserInput input =
        DenoiserProcess.input(model, new EvaluationSize(PIXELS, frames, TEXT_TOKENS));
    CalibrationRecorder recorder = new CalibrationRecorder(step -> true);
    try (Checkpoint weights = pipeline.checkpoint(Component.TRANSFORMER);
        NativeOperators operators = new NativeOperators(1, InstructionSet.choose());
        Denoiser denoiser =
            new ModelDenoiser<>(
                model,
                new CheckpointParameters(weights),
                new ObservingOperators<>(operators, recorder),
                () -> {})) {
      for (double timestep : TIMESTEPS) {
        recorder.begin(timestep);
        denoiser.predict(DenoiserInput.of(input.latents(), timestep, others(input)));
      }
      return recorder.statistics(
          ModelIdentity.of(pipeline.config(Component.TRANSFORMER).node(), weights));
    }
  }

  private static Map<String, Tensor> others(DenoiserInput input) {
    Map<String, Tensor> others = new LinkedHashMap<>(input.tensors());
    others.remove(InputNames.LATENTS);
    others.remove(InputNames.TIMESTEPS);
    return others;
  }
}
