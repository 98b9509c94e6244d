package org.viditq.verify.runner;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.model.InputNames;
import org.viditq.core.operators.Operators;
import org.viditq.core.pipeline.Clip;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.EncodedPrompts;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.ProgressListener;
import org.viditq.core.pipeline.SamplingListener;
import org.viditq.core.schedule.SchedulerFactory;
import org.viditq.core.tensor.Tensor;
import org.viditq.verify.fixture.FixtureCase;
import org.viditq.verify.fixture.Values;

/** {@code pipeline.pixart}: prompts and seeds to pictures with the bundled model. */
final class PipelineRunner implements CaseRunner {
  private final Path model;

  /**
   * @param model the pipeline folder that the cases were made with
   */
  PipelineRunner(Path model) {
    this.model = model;
  }

  @Override
  public <V> Results run(FixtureCase fixture, Operators<V> operators) {
    DiffusionPipeline pipeline = open(fixture, operators);
    GenerationRequest request = request(fixture);
    EncodedPrompts prompts =
        pipeline.encode(
            Settings.strings(fixture.setting("prompts")),
            fixture.setting("negative_prompt").asText(),
            operators,
            ProgressListener.NONE);
    List<Tensor> steps = new ArrayList<>();
    Tensor latents;
    try (Denoiser denoiser = pipeline.openDenoiser(UnaryOperator.identity(), operators)) {
      latents =
          pipeline.sample(request, prompts, denoiser, collectInto(steps), ProgressListener.NONE);
    }
    List<Clip> images =
        pipeline.decode(latents, request.framesPerSecond(), operators, ProgressListener.NONE);
    return new Results()
        .put("prompt_embeds", prompts.positive().get(InputNames.TEXT))
        .put("prompt_attention_mask", Values.of(prompts.positive().get(InputNames.MASK)).whole())
        .put("negative_embeds", prompts.negativePerPrompt().orElseThrow().get(InputNames.TEXT))
        .put("latents_step0", steps.get(0))
        .put("latents_mid", steps.get(request.steps() / 2))
        .put("latents", latents)
        .put("image", stack(images));
  }

  private <V> DiffusionPipeline open(FixtureCase fixture, Operators<V> operators) {
    String scheduler = fixture.setting("scheduler").asText();
    return DiffusionPipeline.open(
        PipelineFolder.open(model),
        () -> operators,
        Optional.of(scheduler).filter(SchedulerFactory.names()::contains));
  }

  private static GenerationRequest request(FixtureCase fixture) {
    List<Long> seeds = new ArrayList<>();
    fixture.setting("seeds").forEach(seed -> seeds.add(seed.longValue()));
    return GenerationRequest.pictures(
        seeds,
        fixture.setting("steps").intValue(),
        fixture.setting("guidance_scale").doubleValue(),
        fixture.setting("height").intValue(),
        fixture.setting("width").intValue());
  }

  private static SamplingListener collectInto(List<Tensor> steps) {
    return new SamplingListener() {
      @Override
      public void afterStep(int step, Tensor latents) {
        steps.add(latents);
      }
    };
  }

  /** [N, H, W, 3], of N pictures. */
  private static Values stack(List<Clip> images) {
    return Values.stack(images.stream().map(image -> Values.of(frame(image))).toList());
  }

  private static Tensor frame(Clip image) {
    Tensor pixels = image.pixels();
    return pixels.reshape(pixels.dim(1), pixels.dim(2), pixels.dim(3));
  }
}
