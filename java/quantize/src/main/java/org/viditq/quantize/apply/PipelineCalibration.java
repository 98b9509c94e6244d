package org.viditq.quantize.apply;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.operators.Operators;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.EncodedPrompts;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.ProgressListener;
import org.viditq.core.quant.TimestepRange;
import org.viditq.core.resume.PartKey;
import org.viditq.core.resume.PartialResults;
import org.viditq.quantize.calibrate.CalibrationRecorder;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.calibrate.ModelIdentity;
import org.viditq.quantize.calibrate.SecondMomentRecorder;

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
    return run(
        request, prompts, every, false, PartialResults.none(), new PartKey(Map.of()), progress);
  }

  /**
   * As {@link #run(GenerationRequest, EncodedPrompts, int, ProgressListener)}, step by step from
   * where an earlier run was: its steps are taken from what it kept, with the same result to the
   * bit.
   *
   * @param apart whether guidance branches are batches of their own; the request must be guided
   * @param steps one part per sampling step
   * @param key of the run: model, backend and whatever else decides a prediction beside its input
   */
  public CalibrationStatistics run(
      GenerationRequest request,
      EncodedPrompts prompts,
      int every,
      boolean apart,
      PartialResults steps,
      PartKey key,
      ProgressListener progress) {
    CalibrationRecorder recorder = new CalibrationRecorder(step -> step % every == 0, apart);
    try (CalibrationSteps denoiser =
        new CalibrationSteps(
            pipeline,
            backend,
            recorder,
            steps,
            key.with("every", every).with("apart", apart),
            Optional.of(joined(request, prompts, steps, key)))) {
      pipeline.sample(request, prompts, denoiser, denoiser, progress);
    }
    return recorder.statistics(modelIdentity(pipeline.folder()));
  }

  /**
   * The first half of a run's work for other processes: every prompt is sampled by itself. {@link
   * #run} finds what is kept of it.
   */
  public CalibrationUnits sampling(
      GenerationRequest request, EncodedPrompts prompts, PartialResults kept, PartKey key) {
    PromptTrajectories units =
        new PromptTrajectories(pipeline, backend, request, prompts, kept, key);
    return new CalibrationUnits(units, units::close);
  }

  /**
   * The second half: the batches of all prompts that layers are observed in. None before all of the
   * first half is kept.
   *
   * @param every as of the run
   * @param apart as of the run
   */
  public CalibrationUnits observation(
      GenerationRequest request,
      EncodedPrompts prompts,
      int every,
      boolean apart,
      PartialResults kept,
      PartKey key) {
    CalibrationBatches units =
        new CalibrationBatches(
            pipeline,
            backend,
            request,
            prompts,
            joined(request, prompts, kept, key),
            step -> step % every == 0,
            apart,
            kept,
            key.with("every", every).with("apart", apart));
    return new CalibrationUnits(units, units::close);
  }

  private JoinedPredictions joined(
      GenerationRequest request, EncodedPrompts prompts, PartialResults kept, PartKey key) {
    return new JoinedPredictions(
        new PromptTrajectories(pipeline, backend, request, prompts, kept, key), kept);
  }

  /**
   * The statistics with second moments of the layers' inputs, and samples of them: their
   * calibration batches go through the model once more.
   *
   * @param statistics of this pipeline, with inputs
   * @param ranges to take moments apart for, tiling the schedule
   */
  public CalibrationStatistics withSecondMoments(
      CalibrationStatistics statistics, List<TimestepRange> ranges, ProgressListener progress) {
    return withSecondMoments(
        statistics, ranges, PartialResults.none(), new PartKey(Map.of()), progress);
  }

  /**
   * As {@link #withSecondMoments(CalibrationStatistics, List, ProgressListener)}, batch by batch
   * from where an earlier run was, with the same result to the bit.
   *
   * @param parts the rows that count of the layers' inputs
   * @param key of the run
   */
  public CalibrationStatistics withSecondMoments(
      CalibrationStatistics statistics,
      List<TimestepRange> ranges,
      PartialResults parts,
      PartKey key,
      ProgressListener progress) {
    SecondMomentRecorder recorder = new SecondMomentRecorder(ranges);
    int batches = statistics.inputs().size();
    try (MomentSteps steps = new MomentSteps(pipeline, backend, recorder, parts, key)) {
      for (int i = 0; i < batches; i++) {
        progress.progress(ProgressListener.Stage.SAMPLING, i, batches);
        steps.batch(i, statistics.timesteps().get(i), statistics.inputs().get(i));
      }
      progress.progress(ProgressListener.Stage.SAMPLING, batches, batches);
    }
    return statistics.with(recorder.moments());
  }

  /** Fingerprint of a pipeline's transformer, which its statistics carry. */
  public static String modelIdentity(PipelineFolder folder) {
    try (Checkpoint weights = folder.checkpoint(Component.TRANSFORMER)) {
      return ModelIdentity.of(folder.config(Component.TRANSFORMER).node(), weights);
    }
  }
}
