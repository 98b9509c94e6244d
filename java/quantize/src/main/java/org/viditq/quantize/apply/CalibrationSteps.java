package org.viditq.quantize.apply;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.operators.Operators;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.SamplingListener;
import org.viditq.core.resume.Part;
import org.viditq.core.resume.PartKey;
import org.viditq.core.resume.PartialResults;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.calibrate.CalibrationRecorder;
import org.viditq.quantize.calibrate.InputStatistics;
import org.viditq.quantize.calibrate.LinearObserver;

/**
 * The denoiser of a calibration that keeps every evaluation: its prediction, and in calibration
 * batches what was seen of the layers' inputs. An evaluation that an earlier run kept is not
 * repeated. As the scheduler gets the same predictions, it and its noise come to where they were;
 * the model is made ready only when something is left to evaluate.
 */
final class CalibrationSteps implements Denoiser, SamplingListener, LinearObserver {
  private static final String PREDICTION = "prediction";
  private static final String LAYERS = "layers.";
  private static final String CHANNEL_MAX = ".channel_max";
  private static final String TOKEN_MIN = ".token_min";
  private static final String TOKEN_MAX = ".token_max";

  /** What layers that share an input got, in all samples or by branch. */
  private record Seen(List<String> layers, List<InputStatistics> inputs) {}

  private final DiffusionPipeline pipeline;
  private final ObservedDenoiser denoiser;
  private final CalibrationRecorder recorder;
  private final PartialResults kept;
  private final PartKey key;
  private final Optional<JoinedPredictions> joined;
  private final List<Seen> seen = new ArrayList<>();
  private int step;

  /**
   * @param joined where evaluations that are no calibration batches may be found
   */
  CalibrationSteps(
      DiffusionPipeline pipeline,
      Supplier<? extends Operators<?>> backend,
      CalibrationRecorder recorder,
      PartialResults kept,
      PartKey key,
      Optional<JoinedPredictions> joined) {
    this.pipeline = pipeline;
    this.denoiser = new ObservedDenoiser(pipeline, backend, this);
    this.recorder = recorder;
    this.kept = kept;
    this.key = key;
    this.joined = joined;
  }

  @Override
  public DenoiserModel model() {
    return pipeline.model();
  }

  @Override
  public void beforeDenoising(int index, DenoiserInput input) {
    recorder.beforeDenoising(index, input);
    step = index;
    seen.clear();
  }

  @Override
  public void observe(List<String> layers, Tensor x, int sequences) {
    if (recorder.isRecording()) {
      List<InputStatistics> inputs = recorder.statistics(layers, x, sequences);
      recorder.record(layers, inputs);
      seen.add(new Seen(layers, inputs));
    }
  }

  /** What is kept of an evaluation. */
  static PartKey key(PartKey run, int step, DenoiserInput input) {
    return run.with("step", step).with("input", InputDigest.of(input));
  }

  @Override
  public Tensor predict(DenoiserInput input) {
    Tensor prediction = predictWhole(input);
    if (recorder.isRecording()) {
      joined.ifPresent(others -> others.compare(step, input, prediction));
    }
    return prediction;
  }

  private Tensor predictWhole(DenoiserInput input) {
    PartKey evaluation = key(key, step, input);
    Optional<Part> known = kept.find(evaluation);
    if (known.isPresent()) {
      observations(known.get()).forEach(one -> recorder.record(one.layers(), one.inputs()));
      return known.get().tensors().get(PREDICTION);
    }
    if (!recorder.isRecording()) {
      Optional<Tensor> prediction = joined.flatMap(others -> others.find(step, input));
      if (prediction.isPresent()) {
        return prediction.get();
      }
    }
    Tensor prediction = denoiser.predict(input);
    kept.keep(evaluation, part(prediction));
    return prediction;
  }

  private Part part(Tensor prediction) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    Map<String, String> facts = new LinkedHashMap<>();
    tensors.put(PREDICTION, prediction);
    for (int i = 0; i < seen.size(); i++) {
      facts.put(LAYERS + i, String.join("\n", seen.get(i).layers()));
      for (int b = 0; b < seen.get(i).inputs().size(); b++) {
        InputStatistics input = seen.get(i).inputs().get(b);
        tensors.put(name(i, b, CHANNEL_MAX), Tensor.of(input.channelMax(), input.channels()));
        tensors.put(name(i, b, TOKEN_MIN), Tensor.of(input.tokenMin(), input.tokens()));
        tensors.put(name(i, b, TOKEN_MAX), Tensor.of(input.tokenMax(), input.tokens()));
      }
    }
    return new Part(tensors, facts);
  }

  private static List<Seen> observations(Part part) {
    List<Seen> observations = new ArrayList<>();
    for (int i = 0; part.facts().containsKey(LAYERS + i); i++) {
      List<InputStatistics> inputs = new ArrayList<>();
      for (int b = 0; part.tensors().containsKey(name(i, b, CHANNEL_MAX)); b++) {
        inputs.add(
            new InputStatistics(
                part.tensors().get(name(i, b, CHANNEL_MAX)).data(),
                part.tensors().get(name(i, b, TOKEN_MIN)).data(),
                part.tensors().get(name(i, b, TOKEN_MAX)).data()));
      }
      observations.add(new Seen(part.facts().get(LAYERS + i).lines().toList(), inputs));
    }
    return observations;
  }

  private static String name(int input, int branch, String what) {
    return input + "." + branch + what;
  }

  @Override
  public void close() {
    denoiser.close();
  }
}
