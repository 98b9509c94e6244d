package org.viditq.core.pipeline;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.LatentGeometry;
import org.viditq.core.pipeline.ProgressListener.Stage;
import org.viditq.core.random.SeededNoise;
import org.viditq.core.schedule.CleanEstimate;
import org.viditq.core.schedule.LinearSteps;
import org.viditq.core.schedule.SamplingRun;
import org.viditq.core.schedule.Scheduler;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/**
 * Samples latents with a denoiser, a scheduler and classifier-free guidance (Ho and Salimans,
 * "Classifier-Free Diffusion Guidance", 2022), as the PixArt pipelines of diffusers do: with
 * guidance the batch is the negative half followed by the positive half.
 */
public final class LatentSampler {
  private final Scheduler scheduler;
  private final LatentGrid grid;

  public LatentSampler(Scheduler scheduler, LatentGrid grid) {
    this.scheduler = scheduler;
    this.grid = grid;
  }

  /**
   * Samples one latent per prompt.
   *
   * @param prompts one prompt per seed of the request
   * @return [B, C, (frames,) height / factor, width / factor]
   * @throws UsageException if prompts and seeds differ in number, the size does not fit the model,
   *     or guidance is asked for without a negative embedding
   * @throws NonFiniteException if the denoiser's prediction holds NaN or infinity, or the latents
   *     after a step do
   */
  public Tensor sample(
      GenerationRequest request,
      EncodedPrompts prompts,
      Denoiser denoiser,
      SamplingListener listener,
      ProgressListener progress) {
    requireFit(request, prompts, denoiser.model().latents());
    Map<String, Tensor> conditions = conditions(request, prompts, denoiser.model());
    SamplingRun run = request.times().start(scheduler, request.steps());
    SeededNoise noise = new SeededNoise(request.seeds());
    Shape shape =
        Shape.of(grid.shape(prompts.count(), request.frames(), request.height(), request.width()));
    int first = firstStep(request);
    Tensor latents;
    if (request.start().isPresent()) {
      // The draw of the picture's latents comes before that of the noise, as in diffusers.
      Tensor clean = request.start().get().sample(noise.draw(shape));
      latents = run.noisy(clean, noise.draw(shape), first);
      run.begin(first);
    } else {
      latents = run.initialSample(noise.draw(shape));
    }
    int channels = denoiser.model().latents().channels();
    Guidance guidance = new Guidance(request.guidanceScale(), scheduler.guidedChannels(channels));

    double[] timesteps = run.timesteps();
    int count = timesteps.length - first;
    try (CachedSampling evaluations = evaluations(request, denoiser, count)) {
      evaluations.prepare(input(request, latents, timesteps[first], conditions), progress);
      progress.progress(Stage.SAMPLING, 0, count);
      if (listener == SamplingListener.NONE
          && !request.caching().isOn()
          && denoiser instanceof SamplingDenoiser itself) {
        Optional<LinearSteps> linear =
            LinearSteps.of(
                scheduler, () -> request.times().start(scheduler, request.steps()), first);
        if (linear.isPresent()) {
          return itself.sample(
              new SamplingDenoiser.Sampling(
                  linear.get(),
                  latents,
                  conditions,
                  request.isGuided() ? Optional.of(guidance) : Optional.empty(),
                  noise,
                  (index, size) -> {
                    requireFinite(Float.isFinite(size), first + index, timesteps[first + index]);
                    progress.progress(Stage.SAMPLING, index + 1, count);
                  }));
        }
      }
      for (int step = first; step < timesteps.length; step++) {
        DenoiserInput input =
            input(request, run.scaleModelInput(latents, step), timesteps[step], conditions);
        listener.beforeDenoising(step, input);
        Tensor output = evaluations.predict(input);
        requireFinite(output.isFinite(), step, timesteps[step]);
        Tensor guided = request.isGuided() ? guidance.apply(output) : output;
        Tensor before = latents;
        latents = run.step(forScheduler(guided, before), step, before, noise);
        requireFinite(latents, request, step, timesteps[step]);
        listener.afterStep(step, latents);
        listener.predicted(step, new CleanEstimate(run, step, before, latents));
        progress.progress(Stage.SAMPLING, step + 1 - first, count);
      }
    }
    return latents;
  }

  private static CachedSampling evaluations(
      GenerationRequest request, Denoiser denoiser, int count) {
    return request.caching().isOn()
        ? denoiser.begin(request.caching(), count, request.seeds().size())
        : CachedSampling.ofNothing(denoiser);
  }

  private static DenoiserInput input(
      GenerationRequest request, Tensor latents, double timestep, Map<String, Tensor> conditions) {
    return DenoiserInput.of(request.isGuided() ? twice(latents) : latents, timestep, conditions);
  }

  /** Index of the first denoiser evaluation. */
  private int firstStep(GenerationRequest request) {
    return request.start().isEmpty()
        ? 0
        : request.start().get().firstStep(request.steps()) * scheduler.order();
  }

  private void requireFit(
      GenerationRequest request, EncodedPrompts prompts, LatentGeometry latents) {
    grid.requireSize(request.frames(), request.height(), request.width());
    if (request.seeds().size() != prompts.count()) {
      throw new UsageException(
          "There are "
              + prompts.count()
              + " prompts but "
              + request.seeds().size()
              + " seeds; give one seed per prompt.");
    }
    if (scheduler.usesLearnedVariance() && !latents.learnedVariance()) {
      throw new InvalidModelException(
          "The scheduler wants learned variances, but the model predicts "
              + latents.outputChannels()
              + " channels for "
              + latents.channels()
              + " latent channels; choose another scheduler.");
    }
  }

  /** All inputs of the model but latents and timesteps, for the whole batch. */
  private static Map<String, Tensor> conditions(
      GenerationRequest request, EncodedPrompts prompts, DenoiserModel model) {
    Conditions conditions = prompts.positive();
    if (request.isGuided()) {
      conditions =
          prompts
              .negativePerPrompt()
              .orElseThrow(
                  () ->
                      new UsageException(
                          "Guidance "
                              + request.guidanceScale()
                              + " needs the embedding of a negative prompt, but the prompt"
                              + " embeddings hold none; encode them with one or set guidance to"
                              + " 1."))
              .concat(conditions);
    }
    Map<String, Tensor> inputs = new LinkedHashMap<>(conditions.tensors());
    inputs.putAll(model.sizeInputs(conditions.count(), request.height(), request.width()));
    return inputs;
  }

  /** The first C channels, or all where the scheduler wants the variances behind them. */
  private Tensor forScheduler(Tensor prediction, Tensor latents) {
    if (scheduler.usesLearnedVariance() || prediction.dim(1) == latents.dim(1)) {
      return prediction;
    }
    int batch = latents.dim(0);
    int row = latents.size() / batch;
    int predictedRow = prediction.size() / batch;
    float[] kept = new float[latents.size()];
    for (int i = 0; i < batch; i++) {
      System.arraycopy(prediction.data(), i * predictedRow, kept, i * row, row);
    }
    return Tensor.of(latents.shape(), kept);
  }

  private static Tensor twice(Tensor latents) {
    int[] dims = latents.shape().toArray();
    dims[0] *= 2;
    float[] both = Arrays.copyOf(latents.data(), 2 * latents.size());
    System.arraycopy(latents.data(), 0, both, latents.size(), latents.size());
    return Tensor.of(Shape.of(dims), both);
  }

  private static void requireFinite(boolean finite, int step, double timestep) {
    if (!finite) {
      throw new NonFiniteException(
          "The denoiser's prediction at sampling step "
              + step
              + " (timestep "
              + timestep
              + ") holds NaN or infinity; the model or its quantization is broken.");
    }
  }

  private static void requireFinite(
      Tensor latents, GenerationRequest request, int step, double timestep) {
    if (!latents.isFinite()) {
      throw new NonFiniteException(
          "The latents after sampling step "
              + step
              + " (timestep "
              + timestep
              + ") hold NaN or infinity, though the denoiser's prediction does not; "
              + (request.isGuided()
                  ? "the guidance scale " + request.guidanceScale() + " is too large."
                  : "the scheduler does not bear these timesteps, take another one."));
    }
  }
}
