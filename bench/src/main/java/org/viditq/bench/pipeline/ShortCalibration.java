package org.viditq.bench.pipeline;

import java.util.List;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.model.CheckpointParameters;
import org.viditq.core.model.pixart.PixArtConfig;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.DenoiserInput;
import org.viditq.core.pipeline.PixArtDenoiser;
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

  /** One in each range of the built-in plans. */
  private static final List<Double> TIMESTEPS = List.of(250.0, 750.0);

  private ShortCalibration() {}

  static CalibrationStatistics run(PipelineFolder pipeline) {
    PixArtConfig config = PixArtConfig.fromJson(pipeline.config(Component.TRANSFORMER));
    DenoiserInput input = DenoiserProcess.input(config, PIXELS);
    CalibrationRecorder recorder = new CalibrationRecorder(step -> true);
    try (Checkpoint weights = pipeline.checkpoint(Component.TRANSFORMER);
        NativeOperators operators = new NativeOperators(1, InstructionSet.choose());
        Denoiser denoiser =
            new PixArtDenoiser<>(
                config,
                new CheckpointParameters(weights),
                new ObservingOperators<>(operators, recorder),
                () -> {})) {
      for (double timestep : TIMESTEPS) {
        recorder.begin(timestep);
        denoiser.predict(
            new DenoiserInput(
                input.latents(), timestep, input.captions(), input.height(), input.width()));
      }
      return recorder.statistics(
          ModelIdentity.of(pipeline.config(Component.TRANSFORMER).node(), weights));
    }
  }
}
