package org.viditq.quantize.apply;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.operators.Operators;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.EncodedPrompts;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.SamplingListener;
import org.viditq.core.resume.Part;
import org.viditq.core.resume.PartKey;
import org.viditq.core.resume.PartialResults;
import org.viditq.core.resume.Units;
import org.viditq.core.tensor.Tensor;

/**
 * The samplings of a calibration, each prompt by itself, as units for other processes: what the
 * denoiser predicts at each evaluation. {@link JoinedPredictions} makes predictions for the whole
 * batch of them.
 */
final class PromptTrajectories implements Units, AutoCloseable {
  private static final String PREDICTION = "prediction.";
  private static final String INPUT = "input.";

  private final DiffusionPipeline pipeline;
  private final ObservedDenoiser denoiser;
  private final GenerationRequest request;
  private final EncodedPrompts prompts;
  private final PartialResults kept;
  private final PartKey key;

  /**
   * @param key of the run: model, backend and whatever else decides a prediction beside its input
   */
  PromptTrajectories(
      DiffusionPipeline pipeline,
      Supplier<? extends Operators<?>> backend,
      GenerationRequest request,
      EncodedPrompts prompts,
      PartialResults kept,
      PartKey key) {
    this.pipeline = pipeline;
    // Composed of the same operators as where layers are observed, for the same bits.
    this.denoiser = new ObservedDenoiser(pipeline, backend, (layers, input, sequences) -> {});
    this.request = request;
    this.prompts = prompts;
    this.kept = kept;
    this.key = key;
  }

  @Override
  public int count() {
    return prompts.count();
  }

  @Override
  public PartKey key(int unit) {
    return key.with("part", "trajectory")
        .with("prompt", prompts.prompts().get(unit))
        .with("seeds", request.seeds().get(unit));
  }

  @Override
  public void compute(int unit) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    Map<String, String> facts = new LinkedHashMap<>();
    pipeline.sample(
        request.withSeeds(List.of(request.seeds().get(unit))),
        prompts.select(List.of(unit)),
        remembering(tensors, facts),
        SamplingListener.NONE,
        (stage, done, total) -> {});
    kept.keep(key(unit), new Part(tensors, facts));
  }

  private Denoiser remembering(Map<String, Tensor> tensors, Map<String, String> facts) {
    return new Denoiser() {
      private int evaluation;

      @Override
      public DenoiserModel model() {
        return pipeline.model();
      }

      @Override
      public Tensor predict(DenoiserInput input) {
        Tensor prediction = denoiser.predict(input);
        facts.put(INPUT + evaluation, InputDigest.of(input));
        tensors.put(PREDICTION + evaluation, prediction);
        evaluation++;
        return prediction;
      }

      @Override
      public void close() {
        // The denoiser serves the next prompt as well.
      }
    };
  }

  /** The prediction that a trajectory has for an input; null if it was asked something else. */
  static Tensor prediction(Part trajectory, int evaluation, String inputDigest) {
    return inputDigest.equals(trajectory.facts().get(INPUT + evaluation))
        ? trajectory.tensors().get(PREDICTION + evaluation)
        : null;
  }

  @Override
  public void close() {
    denoiser.close();
  }
}
