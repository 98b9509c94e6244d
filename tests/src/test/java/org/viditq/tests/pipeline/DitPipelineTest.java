package org.viditq.tests.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.InputNames;
import org.viditq.core.operators.Backends;
import org.viditq.core.pipeline.Clip;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.EncodedPrompts;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.ProgressListener;

/** From a class to a picture, with a DiT of random weights. */
class DitPipelineTest {
  @TempDir Path folder;

  @Test
  void classesGoByNameOrIndex() {
    DiffusionPipeline pipeline = pipeline("reference");
    EncodedPrompts prompts = encode(pipeline, "Tiger", "1", "carassius auratus", "9");
    assertThat(prompts.positive().get(InputNames.LABELS).data()).containsExactly(1, 1, 0, 9);
    assertThat(prompts.negative().orElseThrow().get(InputNames.LABELS).data()).containsExactly(10);
    assertThatThrownBy(() -> encode(pipeline, "cat"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("no class \"cat\"")
        .hasMessageContaining("0 to 9");
    assertThatThrownBy(() -> encode(pipeline, "10")).isInstanceOf(UsageException.class);
  }

  @Test
  void aPictureDoesNotDependOnItsBatch() {
    DiffusionPipeline pipeline = pipeline("reference");
    List<Clip> both = generate(pipeline, request(3L, 8L), "tiger", "3");
    List<Clip> alone = generate(pipeline, request(8L), "3");
    assertThat(both).hasSize(2);
    assertThat(both.get(1).pixels().data()).isEqualTo(alone.get(0).pixels().data());
    assertThat(both.get(0).pixels().data()).isNotEqualTo(both.get(1).pixels().data());
    assertThat(alone.get(0).isPicture()).isTrue();
    assertThat(alone.get(0).height()).isEqualTo(16);
  }

  @Test
  void backendsAgree() {
    float[] expected =
        generate(pipeline("reference"), request(4L), "goldfish").get(0).pixels().data();
    float[] got =
        generate(
                DiffusionPipeline.open(
                    PipelineFolder.open(folder), () -> Backends.find("native").open(2)),
                request(4L),
                "goldfish")
            .get(0)
            .pixels()
            .data();
    assertThat(got).containsExactly(expected, within(1e-3f));
  }

  @Test
  void sizesAreCheckedBeforeAnyWork() {
    DiffusionPipeline pipeline = pipeline("reference");
    assertThatThrownBy(
            () -> pipeline.requireFit(GenerationRequest.pictures(List.of(1L), 2, 4, 32, 48)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("square");
    pipeline.requireFit(GenerationRequest.pictures(List.of(1L), 2, 4, 48, 48));
  }

  @Test
  void publishedDefaults() {
    DiffusionPipeline pipeline = pipeline("reference");
    assertThat(pipeline.model().samplingDefaults().steps()).isEqualTo(50);
    assertThat(pipeline.model().samplingDefaults().guidanceScale()).isEqualTo(4);
    assertThat(pipeline.defaultWidth()).isEqualTo(32);
    assertThat(pipeline.defaultFrames()).isEqualTo(1);
  }

  private DiffusionPipeline pipeline(String backend) {
    return DiffusionPipeline.open(
        PipelineFolder.open(FixturePipelines.dit(folder)), () -> Backends.find(backend).open(2));
  }

  private static EncodedPrompts encode(DiffusionPipeline pipeline, String... prompts) {
    return pipeline.encode(List.of(prompts), "", ProgressListener.NONE);
  }

  private static GenerationRequest request(Long... seeds) {
    return GenerationRequest.pictures(List.of(seeds), 2, 4, 16, 16);
  }

  private static List<Clip> generate(
      DiffusionPipeline pipeline, GenerationRequest request, String... prompts) {
    return pipeline.generate(
        request, encode(pipeline, prompts), UnaryOperator.identity(), ProgressListener.NONE);
  }
}
