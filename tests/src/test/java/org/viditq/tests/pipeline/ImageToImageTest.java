package org.viditq.tests.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.Checkpoints;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.size.PictureSize;
import org.viditq.core.operators.Backends;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.EncodedPrompts;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.Image;
import org.viditq.core.pipeline.ProgressListener;
import org.viditq.core.pipeline.SamplingListener;
import org.viditq.core.tensor.Tensor;
import org.viditq.media.PictureFile;

/** Pictures that start from a picture, beside diffusers' (the golden file says how it was made). */
class ImageToImageTest {
  private static final Path MODEL = Path.of("..", "samples", "pixart-mini");
  private static final Path GOLDEN = Path.of("src", "test", "resources", "img2img");
  private static final String RING = "a red ring on a gray background";

  private static DiffusionPipeline pipeline(String scheduler) {
    return DiffusionPipeline.open(
        PipelineFolder.open(MODEL),
        () -> Backends.find("native").open(2),
        scheduler.isEmpty() ? Optional.empty() : Optional.of(scheduler));
  }

  private static Image start() {
    return PictureFile.read(GOLDEN.resolve("start.png")).fitted(new PictureSize(64, 64));
  }

  private static Tensor sample(
      DiffusionPipeline pipeline, int steps, double strength, Long... seeds) {
    GenerationRequest request =
        GenerationRequest.pictures(List.of(seeds), steps, 4.5, 64, 64)
            .startingFrom(pipeline.encodePicture(start(), strength));
    EncodedPrompts prompts =
        pipeline
            .encode(List.of(RING), "", ProgressListener.NONE)
            .select(Arrays.stream(seeds).map(seed -> 0).toList());
    try (Denoiser denoiser = pipeline.openDenoiser(UnaryOperator.identity())) {
      return pipeline.sample(
          request, prompts, denoiser, SamplingListener.NONE, ProgressListener.NONE);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "dpm, '', 8, 0.6, 42",
    "full, '', 4, 1, 1",
    "euler, euler, 8, 0.5, 3",
    "ancestral, euler-ancestral, 6, 0.5, 4",
    "heun, heun, 6, 0.5, 5",
    "ddim, ddim, 10, 0.3, 6"
  })
  void latentsAreThoseOfDiffusers(
      String name, String scheduler, int steps, double strength, long seed) {
    try (Checkpoint golden = Checkpoints.open(GOLDEN.resolve("golden.safetensors"))) {
      float[] expected = golden.get(name + ".latents").toTensor().data();
      float[] latents = sample(pipeline(scheduler), steps, strength, seed).data();
      // float32 over 16 layers and a few steps; a wrong step or draw shows in the first digit.
      assertThat(latents).usingComparatorWithPrecision(5e-3f).containsExactly(expected);
    }
  }

  @Test
  void pixelsAreThoseOfDiffusers() {
    try (Checkpoint golden = Checkpoints.open(GOLDEN.resolve("golden.safetensors"))) {
      DiffusionPipeline pipeline = pipeline("");
      Tensor latents = golden.get("dpm.latents").toTensor();
      GenerationRequest request = GenerationRequest.pictures(List.of(42L), 8, 4.5, 64, 64);
      assertThat(pipeline.decode(latents, request, ProgressListener.NONE).get(0).pixels().data())
          .usingComparatorWithPrecision(2e-3f)
          .containsExactly(golden.get("dpm.pixels").toTensor().data());
    }
  }

  @Test
  void aPictureIsTheSameAloneAndInABatch() {
    DiffusionPipeline pipeline = pipeline("");
    float[] both = sample(pipeline, 6, 0.5, 3L, 9L).data();
    float[] alone = sample(pipeline, 6, 0.5, 9L).data();
    assertThat(Arrays.copyOfRange(both, alone.length, both.length)).isEqualTo(alone);
    assertThat(Arrays.copyOf(both, alone.length)).isNotEqualTo(alone);
  }

  @Test
  void lessStrengthStaysNearerToThePicture() {
    DiffusionPipeline pipeline = pipeline("");
    Tensor clean = pipeline.encodePicture(start(), 1).latents().mean();
    assertThat(distance(clean, sample(pipeline, 20, 0.1, 1L)))
        .isLessThan(distance(clean, sample(pipeline, 20, 0.5, 1L)))
        .isLessThan(distance(clean, sample(pipeline, 20, 1.0, 1L)));
  }

  private static double distance(Tensor clean, Tensor latents) {
    double sum = 0;
    for (int i = 0; i < clean.size(); i++) {
      double difference = 0.41589 * clean.data()[i] - latents.data()[i];
      sum += difference * difference;
    }
    return sum;
  }

  @Test
  void schedulersThatCannotBeginInTheMiddleSaySo() {
    DiffusionPipeline pipeline =
        DiffusionPipeline.open(
            PipelineFolder.open(MODEL), () -> Backends.find("native").open(2), Optional.of("pndm"));
    GenerationRequest request = GenerationRequest.pictures(List.of(1L), 8, 1, 64, 64);
    pipeline.requireStart(request, 1);
    assertThatThrownBy(() -> pipeline.requireStart(request, 0.5))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("--scheduler");
    pipeline("ddim").requireStart(request, 0.5);
  }

  @Test
  void clipsDoNotStartFromPictures() {
    DiffusionPipeline clips =
        DiffusionPipeline.open(
            PipelineFolder.open(Path.of("..", "samples", "stdit-mini")),
            () -> Backends.find("native").open(2));
    GenerationRequest request = GenerationRequest.pictures(List.of(1L), 4, 1, 64, 64);
    assertThatThrownBy(() -> clips.requireStart(request, 0.5))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("makes clips");
  }

  @Test
  void largePicturesAreRefused() {
    Image large = new Image(Tensor.zeros(2048, 2056, 3));
    assertThatThrownBy(() -> pipeline("").encodePicture(large, 0.5))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("2048 x 2048");
  }
}
