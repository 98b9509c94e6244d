package org.viditq.quantize.apply;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.function.Supplier;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.operators.Operators;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.EncodedPrompts;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.SamplingListener;
import org.viditq.core.resume.PartKey;
import org.viditq.core.resume.PartialResults;
import org.viditq.core.resume.Units;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.calibrate.CalibrationRecorder;

/**
 * The calibration batches of a sampling whose predictions were made prompt by prompt, as units for
 * other processes: each is one evaluation of the whole batch, in which layers are observed. There
 * are none where the predictions cannot be joined.
 */
final class CalibrationBatches implements Units, AutoCloseable {
  /** Ends a sampling whose next prediction is not there. */
  private static final class NotJoined extends RuntimeException {
    private static final long serialVersionUID = 1;

    NotJoined() {
      super(null, null, false, false);
    }
  }

  /** An evaluation of the whole batch. */
  private record Batch(int step, DenoiserInput input) {}

  private final Supplier<CalibrationSteps> open;
  private final PartKey key;
  private final List<Batch> batches;
  private CalibrationSteps steps;

  /**
   * @param keep which sampling steps are calibration batches
   * @param apart whether guidance branches are batches of their own
   * @param key of a calibration's steps
   */
  CalibrationBatches(
      DiffusionPipeline pipeline,
      Supplier<? extends Operators<?>> backend,
      GenerationRequest request,
      EncodedPrompts prompts,
      JoinedPredictions joined,
      IntPredicate keep,
      boolean apart,
      PartialResults kept,
      PartKey key) {
    this.key = key;
    this.batches = batches(pipeline, request, prompts, joined, keep);
    this.open =
        () ->
            new CalibrationSteps(
                pipeline,
                backend,
                new CalibrationRecorder(keep, apart),
                kept,
                key,
                Optional.empty());
  }

  private static List<Batch> batches(
      DiffusionPipeline pipeline,
      GenerationRequest request,
      EncodedPrompts prompts,
      JoinedPredictions joined,
      IntPredicate keep) {
    List<Batch> batches = new ArrayList<>();
    Collector collector = new Collector(pipeline.model(), joined, keep, batches);
    try {
      pipeline.sample(request, prompts, collector, collector, (stage, done, total) -> {});
      return batches;
    } catch (NotJoined incomplete) {
      return List.of();
    }
  }

  /** Samples without a model and remembers what is asked. */
  private static final class Collector implements Denoiser, SamplingListener {
    private final DenoiserModel model;
    private final JoinedPredictions joined;
    private final IntPredicate keep;
    private final List<Batch> batches;
    private int step;

    Collector(
        DenoiserModel model, JoinedPredictions joined, IntPredicate keep, List<Batch> batches) {
      this.model = model;
      this.joined = joined;
      this.keep = keep;
      this.batches = batches;
    }

    @Override
    public DenoiserModel model() {
      return model;
    }

    @Override
    public void beforeDenoising(int index, DenoiserInput input) {
      step = index;
      if (keep.test(index)) {
        batches.add(new Batch(index, input));
      }
    }

    @Override
    public Tensor predict(DenoiserInput input) {
      return joined.find(step, input).orElseThrow(NotJoined::new);
    }

    @Override
    public void close() {
      // Nothing is open.
    }
  }

  @Override
  public int count() {
    return batches.size();
  }

  @Override
  public PartKey key(int unit) {
    return CalibrationSteps.key(key, batches.get(unit).step(), batches.get(unit).input());
  }

  @Override
  public void compute(int unit) {
    if (steps == null) {
      steps = open.get();
    }
    steps.beforeDenoising(batches.get(unit).step(), batches.get(unit).input());
    steps.predict(batches.get(unit).input());
  }

  @Override
  public void close() {
    if (steps != null) {
      steps.close();
    }
  }
}
