package org.viditq.tests.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.error.ShapeException;
import org.viditq.core.error.UsageException;
import org.viditq.core.operators.Operators;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.DenoiserInput;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.Image;
import org.viditq.core.pipeline.ProgressListener;
import org.viditq.core.pipeline.PromptEmbeddings;
import org.viditq.core.pipeline.PromptEmbeddingsFile;
import org.viditq.core.pipeline.SamplingListener;
import org.viditq.core.pipeline.TextEmbeddings;
import org.viditq.core.pipeline.TextToImagePipeline;
import org.viditq.core.tensor.Tensor;
import org.viditq.reference.ReferenceBackend;

/** The bundled model from text to picture, beyond what the golden cases hold. */
class PixArtPipelineTest {
  private static final Path MODEL = Path.of("..", "samples", "pixart-mini");
  private static final String CIRCLE = "a large red circle on a white background";
  private static final String STAR = "a small pink star on a black background";

  @TempDir Path folder;

  private static TextToImagePipeline pipeline(int threads) {
    return TextToImagePipeline.open(
        PipelineFolder.open(MODEL), () -> new ReferenceBackend().open(threads));
  }

  private static GenerationRequest request(double guidance, Long... seeds) {
    return new GenerationRequest(List.of(seeds), 2, guidance, 16, 24);
  }

  private static PromptEmbeddings encode(TextToImagePipeline pipeline, String... prompts) {
    return pipeline.encode(List.of(prompts), "", ProgressListener.NONE);
  }

  private static Tensor sample(
      TextToImagePipeline pipeline, GenerationRequest request, PromptEmbeddings prompts) {
    return sample(pipeline, request, prompts, SamplingListener.NONE);
  }

  private static Tensor sample(
      TextToImagePipeline pipeline,
      GenerationRequest request,
      PromptEmbeddings prompts,
      SamplingListener listener) {
    try (Denoiser denoiser = pipeline.openDenoiser(UnaryOperator.identity())) {
      return pipeline.sample(request, prompts, denoiser, listener, ProgressListener.NONE);
    }
  }

  /** Rows never meet in a full-precision model, so that not a bit may change. */
  @ParameterizedTest
  @ValueSource(
      strings = {"dpmsolver++", "dpmsolver++-continuous", "dpmsolver++-sde", "lcm", "ddim", "ddpm"})
  void aPictureIsTheSameAloneAndInABatch(String scheduler) {
    TextToImagePipeline pipeline = pipeline(2).withScheduler(scheduler);
    PromptEmbeddings both = encode(pipeline, CIRCLE, STAR);
    float[] batch = sample(pipeline, request(4.5, 3L, 8L), both).data();
    float[] alone = sample(pipeline, request(4.5, 8L), encode(pipeline, STAR)).data();
    assertThat(Arrays.copyOfRange(batch, alone.length, batch.length)).containsExactly(alone);
  }

  @Test
  void threadsDoNotChangeAPicture() {
    assertThat(generate(pipeline(1)).toBufferedImage().getRGB(0, 0, 24, 16, null, 0, 24))
        .containsExactly(generate(pipeline(2)).toBufferedImage().getRGB(0, 0, 24, 16, null, 0, 24));
  }

  private static Image generate(TextToImagePipeline pipeline) {
    List<Image> images =
        pipeline.generate(
            request(4.5, 1L),
            encode(pipeline, CIRCLE),
            UnaryOperator.identity(),
            ProgressListener.NONE);
    assertThat(images).hasSize(1);
    return images.get(0);
  }

  @Test
  void savedEmbeddingsStandForTheTextEncoder() {
    TextToImagePipeline pipeline = pipeline(2);
    PromptEmbeddings encoded = encode(pipeline, CIRCLE, STAR);
    Path file = folder.resolve("prompts.safetensors");
    PromptEmbeddingsFile.save(encoded, file);
    PromptEmbeddings loaded = PromptEmbeddingsFile.load(file);
    GenerationRequest request = request(3, 5L, 6L);
    assertThat(sample(pipeline, request, loaded).data())
        .containsExactly(sample(pipeline, request, encoded).data());
  }

  @Test
  void onlyThePartAtWorkIsResident() {
    List<String> events = new ArrayList<>();
    TextToImagePipeline pipeline =
        TextToImagePipeline.open(
            PipelineFolder.open(MODEL),
            () -> {
              events.add("open");
              return closing(new ReferenceBackend().open(2), () -> events.add("close"));
            });
    generate(pipeline);
    // Text encoder, transformer, VAE.
    assertThat(events).containsExactly("open", "close", "open", "close", "open", "close");
  }

  /** The same operators, with a word when they are closed. */
  private static Operators<?> closing(Operators<?> operators, Runnable onClose) {
    InvocationHandler handler =
        (proxy, method, arguments) -> {
          if (method.getName().equals("close")) {
            onClose.run();
          }
          return method.invoke(operators, arguments);
        };
    return (Operators<?>)
        Proxy.newProxyInstance(
            Operators.class.getClassLoader(), new Class<?>[] {Operators.class}, handler);
  }

  @Test
  void promptsAreLoweredAndStripped() {
    TextToImagePipeline pipeline = pipeline(2);
    PromptEmbeddings plain = encode(pipeline, CIRCLE);
    PromptEmbeddings shouted = encode(pipeline, "  " + CIRCLE.toUpperCase() + "\n");
    assertThat(shouted.positive().values().data())
        .containsExactly(plain.positive().values().data());
  }

  @Test
  void overLongPromptsAreCutToTheTokensOfTheModel() {
    TextToImagePipeline pipeline = pipeline(2);
    PromptEmbeddings cut = encode(pipeline, (CIRCLE + " ").repeat(40));
    assertThat(cut.positive().tokens()).isEqualTo(120);
    assertThat(cut.positive().mask().data()).containsOnly(1);
  }

  @Test
  void sigmaTakesLongerTextsThanAlpha() throws IOException {
    String index = Files.readString(MODEL.resolve("model_index.json"));
    Files.writeString(
        folder.resolve("model_index.json"),
        index.replace("PixArtAlphaPipeline", "PixArtSigmaPipeline"));
    for (Component component : Component.values()) {
      copyFiles(MODEL.resolve(component.folder()), folder.resolve(component.folder()));
    }
    TextToImagePipeline sigma =
        TextToImagePipeline.open(PipelineFolder.open(folder), () -> new ReferenceBackend().open(2));
    PromptEmbeddings prompts = encode(sigma, CIRCLE);
    assertThat(prompts.positive().tokens()).isEqualTo(300);
    assertThat(sample(sigma, request(1, 1L), prompts).data()).doesNotContain(Float.NaN);
  }

  private static void copyFiles(Path from, Path to) throws IOException {
    Files.createDirectory(to);
    try (DirectoryStream<Path> files = Files.newDirectoryStream(from)) {
      for (Path file : files) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
  }

  @Test
  void theDenoiserSeesTheNegativeHalfFirst() {
    TextToImagePipeline pipeline = pipeline(2);
    PromptEmbeddings prompts = encode(pipeline, CIRCLE, STAR);
    List<DenoiserInput> inputs = new ArrayList<>();
    sample(
        pipeline,
        request(4.5, 3L, 8L),
        prompts,
        new SamplingListener() {
          @Override
          public void beforeDenoising(int step, DenoiserInput input) {
            inputs.add(input);
          }
        });
    assertThat(inputs).extracting(DenoiserInput::timestep).containsExactly(999.0, 500.0);
    TextEmbeddings captions = inputs.get(0).captions();
    assertThat(captions.select(List.of(0)).values().data())
        .containsExactly(prompts.negative().orElseThrow().values().data());
    assertThat(captions.select(List.of(2, 3)).values().data())
        .containsExactly(prompts.positive().values().data());
  }

  @Test
  void sizesThatDoNotFitThePatchAreRefusedBeforeWork() {
    TextToImagePipeline pipeline = pipeline(1);
    GenerationRequest request = new GenerationRequest(List.of(1L), 2, 1, 64, 60);
    PromptEmbeddings prompts = encode(pipeline, CIRCLE);
    assertThatThrownBy(
            () ->
                pipeline.generate(
                    request,
                    prompts,
                    parameters -> {
                      throw new AssertionError("The transformer was opened.");
                    },
                    ProgressListener.NONE))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("56 or 64");
  }

  @Test
  void embeddingsOfAnotherTextEncoderAreRefused() {
    TextToImagePipeline pipeline = pipeline(1);
    PromptEmbeddings other =
        new PromptEmbeddings(
            List.of("x"),
            new TextEmbeddings(Tensor.zeros(1, 3, 64), Tensor.full(1, 1, 3)),
            java.util.Optional.empty());
    assertThatThrownBy(() -> sample(pipeline, request(1, 1L), other))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("64")
        .hasMessageContaining("128");
  }
}
