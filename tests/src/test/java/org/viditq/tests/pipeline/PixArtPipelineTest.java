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
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.error.ShapeException;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.InputNames;
import org.viditq.core.operators.Operators;
import org.viditq.core.pipeline.Clip;
import org.viditq.core.pipeline.Conditions;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.EncodedPrompts;
import org.viditq.core.pipeline.EncodedPromptsFile;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.ProgressListener;
import org.viditq.core.pipeline.SamplingListener;
import org.viditq.core.tensor.Tensor;
import org.viditq.reference.ReferenceBackend;

/** The bundled model from text to picture, beyond what the golden cases hold. */
class PixArtPipelineTest {
  private static final Path MODEL = Path.of("..", "samples", "pixart-mini");
  private static final String CIRCLE = "a large red circle on a white background";
  private static final String STAR = "a small pink star on a black background";

  @TempDir Path folder;

  private static DiffusionPipeline pipeline(int threads) {
    return DiffusionPipeline.open(
        PipelineFolder.open(MODEL), () -> new ReferenceBackend().open(threads));
  }

  private static GenerationRequest request(double guidance, Long... seeds) {
    return GenerationRequest.pictures(List.of(seeds), 2, guidance, 16, 24);
  }

  private static EncodedPrompts encode(DiffusionPipeline pipeline, String... prompts) {
    return pipeline.encode(List.of(prompts), "", ProgressListener.NONE);
  }

  private static Tensor sample(
      DiffusionPipeline pipeline, GenerationRequest request, EncodedPrompts prompts) {
    return sample(pipeline, request, prompts, SamplingListener.NONE);
  }

  private static Tensor sample(
      DiffusionPipeline pipeline,
      GenerationRequest request,
      EncodedPrompts prompts,
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
    DiffusionPipeline pipeline =
        DiffusionPipeline.open(
            PipelineFolder.open(MODEL),
            () -> new ReferenceBackend().open(2),
            Optional.of(scheduler));
    EncodedPrompts both = encode(pipeline, CIRCLE, STAR);
    float[] batch = sample(pipeline, request(4.5, 3L, 8L), both).data();
    float[] alone = sample(pipeline, request(4.5, 8L), encode(pipeline, STAR)).data();
    assertThat(Arrays.copyOfRange(batch, alone.length, batch.length)).isEqualTo(alone);
  }

  @Test
  void threadsDoNotChangeAPicture() {
    assertThat(generate(pipeline(1)).frame(0).toBufferedImage().getRGB(0, 0, 24, 16, null, 0, 24))
        .isEqualTo(
            generate(pipeline(2)).frame(0).toBufferedImage().getRGB(0, 0, 24, 16, null, 0, 24));
  }

  private static Clip generate(DiffusionPipeline pipeline) {
    List<Clip> images =
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
    DiffusionPipeline pipeline = pipeline(2);
    EncodedPrompts encoded = encode(pipeline, CIRCLE, STAR);
    Path file = folder.resolve("prompts.safetensors");
    EncodedPromptsFile.save(encoded, file);
    EncodedPrompts loaded = EncodedPromptsFile.load(file);
    GenerationRequest request = request(3, 5L, 6L);
    assertThat(sample(pipeline, request, loaded).data())
        .isEqualTo(sample(pipeline, request, encoded).data());
  }

  @Test
  void onlyThePartAtWorkIsResident() {
    List<String> events = new ArrayList<>();
    DiffusionPipeline pipeline =
        DiffusionPipeline.open(
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
    DiffusionPipeline pipeline = pipeline(2);
    EncodedPrompts plain = encode(pipeline, CIRCLE);
    EncodedPrompts shouted = encode(pipeline, "  " + CIRCLE.toUpperCase() + "\n");
    assertThat(shouted.positive().get(InputNames.TEXT).data())
        .isEqualTo(plain.positive().get(InputNames.TEXT).data());
  }

  @Test
  void overLongPromptsAreCutToTheTokensOfTheModel() {
    DiffusionPipeline pipeline = pipeline(2);
    EncodedPrompts cut = encode(pipeline, (CIRCLE + " ").repeat(40));
    assertThat(cut.positive().get(InputNames.TEXT).dim(1)).isEqualTo(120);
    assertThat(cut.positive().get(InputNames.MASK).data()).containsOnly(1);
  }

  @Test
  void sigmaTakesLongerTextsThanAlpha() throws IOException {
    String index = Files.readString(MODEL.resolve("model_index.json"));
    Files.writeString(
        folder.resolve("model_index.json"),
        index.replace("PixArtAlphaPipeline", "PixArtSigmaPipeline"));
    for (Component component :
        List.of(
            Component.TRANSFORMER,
            Component.VAE,
            Component.TEXT_ENCODER,
            Component.TOKENIZER,
            Component.SCHEDULER)) {
      copyFiles(MODEL.resolve(component.folder()), folder.resolve(component.folder()));
    }
    DiffusionPipeline sigma =
        DiffusionPipeline.open(PipelineFolder.open(folder), () -> new ReferenceBackend().open(2));
    EncodedPrompts prompts = encode(sigma, CIRCLE);
    assertThat(prompts.positive().get(InputNames.TEXT).dim(1)).isEqualTo(300);
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
    DiffusionPipeline pipeline = pipeline(2);
    EncodedPrompts prompts = encode(pipeline, CIRCLE, STAR);
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
    Conditions text =
        new Conditions(Map.of(InputNames.TEXT, inputs.get(0).find(InputNames.TEXT).orElseThrow()));
    assertThat(text.select(List.of(0)).get(InputNames.TEXT).data())
        .isEqualTo(prompts.negative().orElseThrow().get(InputNames.TEXT).data());
    assertThat(text.select(List.of(2, 3)).get(InputNames.TEXT).data())
        .isEqualTo(prompts.positive().get(InputNames.TEXT).data());
  }

  @Test
  void sizesThatDoNotFitThePatchAreRefusedBeforeWork() {
    DiffusionPipeline pipeline = pipeline(1);
    GenerationRequest request = GenerationRequest.pictures(List.of(1L), 2, 1, 64, 60);
    EncodedPrompts prompts = encode(pipeline, CIRCLE);
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
    DiffusionPipeline pipeline = pipeline(1);
    EncodedPrompts other =
        new EncodedPrompts(
            List.of("x"),
            new Conditions(
                Map.of(
                    InputNames.TEXT, Tensor.zeros(1, 3, 64),
                    InputNames.MASK, Tensor.full(1, 1, 3))),
            Optional.empty());
    assertThatThrownBy(() -> sample(pipeline, request(1, 1L), other))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("64")
        .hasMessageContaining("128");
  }
}
