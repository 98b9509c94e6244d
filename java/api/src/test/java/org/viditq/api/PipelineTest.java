package org.viditq.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.viditq.core.pipeline.ProgressListener.Stage.DECODING;
import static org.viditq.core.pipeline.ProgressListener.Stage.ENCODING;
import static org.viditq.core.pipeline.ProgressListener.Stage.SAMPLING;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.error.UsageException;
import org.viditq.core.error.ViditqException;
import org.viditq.core.pipeline.ProgressListener.Stage;

@Timeout(120)
class PipelineTest {
  private static final Path SAMPLES = Path.of("../../samples");
  private static final Path PICTURES = SAMPLES.resolve("pixart-mini");
  private static final Generation RING =
      Generation.of("a red ring on a gray background").withSeed(42).withSteps(2);

  @TempDir private Path folder;

  @Test
  void makesPicturesThatSayHowTheyWereMade() throws Exception {
    try (Pipeline pipeline = Pipeline.open(PICTURES, PipelineOptions.DEFAULT.withPlan("w8a8"))) {
      assertThat(pipeline.plan()).isEqualTo("w8a8");
      assertThat(pipeline.makesClips()).isFalse();
      Generated ring = pipeline.generate(RING.withNegativePrompt("blue"));
      assertThat(ring.provenance().texts())
          .containsEntry("prompt", RING.prompt())
          .containsEntry("negative_prompt", "blue")
          .containsEntry("seed", "42")
          .containsEntry("steps", "2")
          .containsEntry("plan", "w8a8");
      Path file = folder.resolve("ring.png");
      ring.write(file);
      assertThat(ImageIO.read(file.toFile()).getWidth()).isEqualTo(pipeline.defaultWidth());
      assertThat(ImageIO.read(file.toFile()).getRGB(9, 9))
          .isEqualTo(ring.toBufferedImage().getRGB(9, 9));
    }
  }

  @Test
  void makesClips() throws Exception {
    try (Pipeline pipeline = Pipeline.open(SAMPLES.resolve("stdit-mini"))) {
      assertThat(pipeline.makesClips()).isTrue();
      Generated clip = pipeline.generate(Generation.of("a red circle").withSteps(1).withFrames(4));
      assertThat(clip.clip().frames()).isEqualTo(4);
      clip.write(folder.resolve("clip.gif"));
      assertThat(folder.resolve("clip.gif")).isNotEmptyFile();
      assertThatThrownBy(() -> clip.write(folder.resolve("clip.png")))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("holds one picture");
    }
    try (var left = Files.list(folder)) {
      assertThat(left).hasSize(1);
    }
  }

  @Test
  void tellsHowFarItIsAndRemembersPrompts() {
    try (Pipeline pipeline = Pipeline.open(PICTURES)) {
      List<Stage> first = stages(pipeline);
      assertThat(first)
          .containsExactly(
              ENCODING, ENCODING, ENCODING, SAMPLING, SAMPLING, SAMPLING, DECODING, DECODING);
      assertThat(stages(pipeline)).doesNotContain(ENCODING).contains(SAMPLING, DECODING);
    }
  }

  private static List<Stage> stages(Pipeline pipeline) {
    List<Stage> stages = new ArrayList<>();
    pipeline.generate(RING, (stage, done, total) -> stages.add(stage));
    return stages;
  }

  /** One generation each of three prompts. */
  private static List<float[]> three(PipelineOptions options) {
    List<float[]> pixels = new ArrayList<>();
    try (Pipeline pipeline = Pipeline.open(PICTURES, options)) {
      for (String prompt : List.of("a blue star", "a red ring", "a green square")) {
        pixels.add(
            pipeline.generate(Generation.of(prompt).withSteps(1)).clip().pixels().data().clone());
      }
    }
    return pixels;
  }

  @Test
  void partsAreOpenedOnceWhereTheBudgetHasRoomForThem() {
    PipelineOptions options = PipelineOptions.DEFAULT.withBackend(CountingBackend.NAME);
    CountingBackend.OPENED.set(0);
    List<float[]> resident = three(options);
    assertThat(CountingBackend.OPENED).hasValue(3); // Text encoder, transformer, decoder.

    CountingBackend.OPENED.set(0);
    List<float[]> byTurns = three(options.withMemoryBudget(0));
    assertThat(CountingBackend.OPENED).hasValue(3 + 1 + 3); // The transformer stays.
    for (int i = 0; i < resident.size(); i++) {
      assertThat(byTurns.get(i)).isEqualTo(resident.get(i));
    }
  }

  @Test
  void stepsMayTakeFromEarlierOnes() {
    try (Pipeline pipeline = Pipeline.open(PICTURES)) {
      Generation six = RING.withSteps(6);
      Generated plain = pipeline.generate(six);
      Generated cached = pipeline.generate(six.withCache("interval:2"));
      assertThat(cached.clip().pixels().data()).isNotEqualTo(plain.clip().pixels().data());
      assertThat(cached.provenance().texts()).containsEntry("cache", "interval:2");
      assertThat(pipeline.generate(six.withCache("interval:1")).clip().pixels().data())
          .isEqualTo(plain.clip().pixels().data());
      Generated after = pipeline.generate(six.withCache("none"));
      assertThat(after.clip().pixels().data()).isEqualTo(plain.clip().pixels().data());
      assertThat(after.provenance().texts()).doesNotContainKey("cache");
    }
  }

  @Test
  void threadsTakeTurnsAndGetTheSamePixels() throws Exception {
    try (Pipeline pipeline = Pipeline.open(PICTURES, PipelineOptions.DEFAULT.withThreads(2))) {
      float[] alone = pipeline.generate(RING).clip().pixels().data().clone();
      ExecutorService threads = Executors.newFixedThreadPool(4);
      try {
        Callable<Generated> task = () -> pipeline.generate(RING);
        for (Future<Generated> one : threads.invokeAll(List.of(task, task, task, task))) {
          assertThat(one.get().clip().pixels().data()).isEqualTo(alone);
        }
      } finally {
        threads.shutdownNow();
      }
    }
  }

  @Test
  void whatTheListenerThrowsEndsOneGenerationOnly() {
    try (Pipeline pipeline = Pipeline.open(PICTURES)) {
      float[] expected = pipeline.generate(RING).clip().pixels().data().clone();
      RuntimeException enough = new RuntimeException("enough");
      for (Stage last : List.of(SAMPLING, DECODING)) {
        assertThatThrownBy(
                () ->
                    pipeline.generate(
                        RING,
                        (stage, done, total) -> {
                          if (stage == last && done == 1) {
                            throw enough;
                          }
                        }))
            .isSameAs(enough);
      }
      assertThat(pipeline.generate(RING).clip().pixels().data()).isEqualTo(expected);
    }
  }

  /** Parts that are in use would be closed under its feet. */
  @Test
  void aListenerCannotCloseOrUseThePipeline() {
    try (Pipeline pipeline = Pipeline.open(PICTURES)) {
      for (Runnable act :
          List.<Runnable>of(pipeline::close, () -> pipeline.generate(RING.withSeed(1)))) {
        assertThatThrownBy(
                () ->
                    pipeline.generate(
                        RING,
                        (stage, done, total) -> {
                          if (stage == SAMPLING) {
                            act.run();
                          }
                        }))
            .isInstanceOf(IllegalStateException.class)
            .hasMessageContaining("listener");
      }
      assertThat(pipeline.generate(RING).clip().frames()).isEqualTo(1);
    }
  }

  @Test
  void statisticsGoWithAPlan() {
    assertThatThrownBy(
            () ->
                Pipeline.open(
                    PICTURES, PipelineOptions.DEFAULT.withStatistics(Path.of("x.safetensors"))))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("go with a plan");
  }

  @Test
  void anInterruptedThreadCancels() {
    try (Pipeline pipeline = Pipeline.open(PICTURES)) {
      List<Integer> steps = new ArrayList<>();
      assertThatThrownBy(
              () ->
                  pipeline.generate(
                      RING.withSteps(10),
                      (stage, done, total) -> {
                        if (stage == SAMPLING) {
                          steps.add(done);
                          if (done == 3) {
                            Thread.currentThread().interrupt();
                          }
                        }
                      }))
          .isInstanceOf(CancelledException.class);
      assertThat(steps).containsExactly(0, 1, 2, 3);
      // Still interrupted: the next one does not even begin.
      assertThatThrownBy(() -> pipeline.generate(RING)).isInstanceOf(CancelledException.class);
      assertThat(Thread.interrupted()).isTrue();
      pipeline.generate(RING);
    }
  }

  @Test
  void aClosedPipelineMakesNothing() {
    Pipeline pipeline = Pipeline.open(PICTURES);
    pipeline.generate(RING);
    pipeline.close();
    pipeline.close();
    assertThatThrownBy(() -> pipeline.generate(RING))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("The pipeline is closed.");
  }

  @Test
  void whatCannotBeMadeIsRefusedBeforeAnyWork() {
    try (Pipeline pipeline = Pipeline.open(PICTURES)) {
      for (Generation wrong :
          List.of(
              RING.withSteps(0),
              RING.withSize(63, 64),
              RING.withSize(0, 64),
              RING.withFrames(2),
              RING.withGuidance(Double.NaN),
              RING.withCache("sometimes"),
              RING.withCache("interval:0"))) {
        List<Stage> stages = new ArrayList<>();
        assertThatThrownBy(
                () -> pipeline.generate(wrong, (stage, done, total) -> stages.add(stage)))
            .as("%s", wrong)
            .isInstanceOf(UsageException.class);
        assertThat(stages).isEmpty();
      }
    }
  }

  @Test
  void unknownFormatsAreRefused() {
    try (Pipeline pipeline = Pipeline.open(PICTURES)) {
      Generated ring = pipeline.generate(RING.withSteps(1));
      assertThatThrownBy(() -> ring.write(folder.resolve("ring.bmp")))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("stands for no format; give .png");
    }
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void whatCannotBeOpenedIsAViditqException() {
    PipelineOptions options = PipelineOptions.DEFAULT;
    assertThatThrownBy(() -> Pipeline.open(folder.resolve("none")))
        .isInstanceOf(ViditqException.class);
    assertThatThrownBy(() -> Pipeline.open(PICTURES, options.withBackend("abacus")))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("There is no backend abacus");
    assertThatThrownBy(() -> Pipeline.open(PICTURES, options.withPlan("w9a9")))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("w9a9");
    assertThatThrownBy(() -> Pipeline.open(PICTURES, options.withScheduler("sundial")))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("sundial");
    assertThatThrownBy(
            () -> Pipeline.open(PICTURES, options.withQuantized(PICTURES.resolve("vae"))))
        .isInstanceOf(InvalidModelException.class);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, Integer.MIN_VALUE})
  void fewerThreadsThanOneAreRefused(int threads) {
    assertThatThrownBy(() -> PipelineOptions.DEFAULT.withThreads(threads))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("give at least 1");
  }

  @Test
  void aNegativeMemoryBudgetIsRefused() {
    assertThatThrownBy(() -> PipelineOptions.DEFAULT.withMemoryBudget(-1))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("give 0 or more");
  }

  @Test
  void optionsThatContradictEachOtherAreRefused() {
    PipelineOptions quantized = PipelineOptions.DEFAULT.withQuantized(PICTURES);
    assertThatThrownBy(() -> quantized.withPlan("w8a8")).isInstanceOf(UsageException.class);
    assertThatThrownBy(() -> quantized.withStatistics(Path.of("stats.safetensors")))
        .isInstanceOf(UsageException.class);
  }
}
