package org.viditq.tests.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.InputNames;
import org.viditq.core.operators.Backends;
import org.viditq.core.pipeline.Clip;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.EncodedPrompts;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.ProgressListener;
import org.viditq.core.pipeline.SamplingListener;
import org.viditq.core.tensor.Tensor;

/** From a prompt to a clip, with a Latte of random weights. */
class LattePipelineTest {
  private static final String CIRCLE = "a large red circle on a white background";
  private static final String STAR = "a star";

  @TempDir Path folder;

  @BeforeEach
  void writeModel() {
    FixturePipelines.latte(folder);
  }

  @Test
  void aClipDoesNotDependOnItsBatch() {
    DiffusionPipeline pipeline = pipeline("native");
    List<Clip> both = generate(pipeline, request(3, 3L, 8L), CIRCLE, STAR);
    List<Clip> alone = generate(pipeline, request(3, 8L), STAR);
    assertThat(both).hasSize(2);
    assertThat(both.get(1).pixels().data()).isEqualTo(alone.get(0).pixels().data());
    Clip clip = both.get(0);
    assertThat(clip.frames()).isEqualTo(3);
    assertThat(clip.height()).isEqualTo(16);
    assertThat(clip.width()).isEqualTo(8);
    assertThat(clip.framesPerSecond()).isEqualTo(8);
    assertThat(clip.pixels().data()).isNotEqualTo(alone.get(0).pixels().data());
  }

  @Test
  void backendsAgree() {
    float[] expected = generate(pipeline("reference"), request(2, 4L), STAR).get(0).pixels().data();
    float[] got = generate(pipeline("native"), request(2, 4L), STAR).get(0).pixels().data();
    assertThat(got).containsExactly(expected, within(1e-3f));
  }

  @Test
  void publishedDefaults() {
    DiffusionPipeline pipeline = pipeline("reference");
    assertThat(pipeline.model().samplingDefaults().steps()).isEqualTo(50);
    assertThat(pipeline.defaultFrames()).isEqualTo(3);
    assertThat(pipeline.defaultWidth()).isEqualTo(16);
    GenerationRequest odd = new GenerationRequest(List.of(1L), 2, 7.5, 3, 16, 10, 8);
    assertThatThrownBy(() -> pipeline.requireFit(odd)).isInstanceOf(UsageException.class);
  }

  /** A prompt's valid tokens are those of the prompt and of its negative text alike. */
  @Test
  void bothHalvesHaveTheMaskOfThePrompt() {
    DiffusionPipeline pipeline = pipeline("native");
    EncodedPrompts prompts = encode(pipeline, CIRCLE, STAR);
    List<Tensor> masks = new ArrayList<>();
    SamplingListener listener =
        new SamplingListener() {
          @Override
          public void beforeDenoising(int step, DenoiserInput input) {
            masks.add(input.find(InputNames.MASK).orElseThrow());
          }

          @Override
          public void afterStep(int step, Tensor latents) {}
        };
    try (Denoiser denoiser = pipeline.openDenoiser(UnaryOperator.identity())) {
      pipeline.sample(request(1, 1L, 2L), prompts, denoiser, listener, ProgressListener.NONE);
    }
    float[] positive = prompts.positive().get(InputNames.MASK).data();
    float[] both = new float[2 * positive.length];
    System.arraycopy(positive, 0, both, 0, positive.length);
    System.arraycopy(positive, 0, both, positive.length, positive.length);
    assertThat(masks).isNotEmpty();
    assertThat(masks.get(0).data()).isEqualTo(both);
  }

  private DiffusionPipeline pipeline(String backend) {
    return DiffusionPipeline.open(
        PipelineFolder.open(folder), () -> Backends.find(backend).open(2));
  }

  private static EncodedPrompts encode(DiffusionPipeline pipeline, String... prompts) {
    return pipeline.encode(List.of(prompts), "", ProgressListener.NONE);
  }

  private static GenerationRequest request(int frames, Long... seeds) {
    return new GenerationRequest(List.of(seeds), 2, 7.5, frames, 16, 8, 8);
  }

  private static List<Clip> generate(
      DiffusionPipeline pipeline, GenerationRequest request, String... prompts) {
    return pipeline.generate(
        request, encode(pipeline, prompts), UnaryOperator.identity(), ProgressListener.NONE);
  }
}
