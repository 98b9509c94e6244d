package org.viditq.core.diffusers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.error.InvalidModelException;

class PipelineFolderTest {
  private static final Path SAMPLE = Path.of("../../samples/pixart-mini");
  private static final Path OUTLIER = Path.of("../../samples/pixart-mini-outlier");

  private static final List<Component> PARTS =
      List.of(
          Component.TRANSFORMER,
          Component.VAE,
          Component.TEXT_ENCODER,
          Component.TOKENIZER,
          Component.SCHEDULER);

  @TempDir Path folder;

  private PipelineFolder open(String index) throws IOException {
    Files.writeString(folder.resolve("model_index.json"), index);
    return PipelineFolder.open(folder);
  }

  @Test
  void opensTheSample() {
    PipelineFolder pipeline = PipelineFolder.open(SAMPLE);
    assertThat(pipeline.className()).isEqualTo("PixArtAlphaPipeline");
    assertThat(pipeline.className(Component.VAE)).isEqualTo("AutoencoderKL");
    assertThat(pipeline.has(Component.TEXT_ENCODER_2)).isFalse();
    for (Component component : PARTS) {
      assertThat(pipeline.has(component)).isTrue();
      assertThat(pipeline.config(component).node().isEmpty()).isFalse();
    }
    assertThat(pipeline.config(Component.TRANSFORMER).getInt("num_layers")).isEqualTo(8);
    assertThat(pipeline.config(Component.SCHEDULER).getDouble("lambda_min_clipped"))
        .isEqualTo(Double.NEGATIVE_INFINITY);
    try (Checkpoint weights = pipeline.checkpoint(Component.TEXT_ENCODER)) {
      assertThat(weights.contains("shared.weight")).isTrue();
    }
  }

  @Test
  void transformerCanBeReplacedByItsFolderOrTheOneAround() {
    PipelineFolder pipeline = PipelineFolder.open(SAMPLE);
    Path transformer = OUTLIER.resolve("transformer");
    assertThat(pipeline.withTransformer(OUTLIER).folder(Component.TRANSFORMER))
        .isEqualTo(transformer);
    PipelineFolder replaced = pipeline.withTransformer(transformer);
    assertThat(replaced.folder(Component.TRANSFORMER)).isEqualTo(transformer);
    assertThat(replaced.folder(Component.VAE)).isEqualTo(SAMPLE.resolve("vae"));
    assertThatThrownBy(() -> pipeline.withTransformer(folder.resolve("absent")))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("absent");
  }

  @Test
  void aTransformerMayBeAFileOfWeightsWithoutConfiguration() throws IOException {
    Path weights = OUTLIER.resolve("transformer/diffusion_pytorch_model.safetensors");
    PipelineFolder beside = PipelineFolder.open(SAMPLE).withTransformer(weights);
    assertThat(beside.config(Component.TRANSFORMER).getInt("num_layers")).isEqualTo(8);
    Path alone = Files.copy(weights, folder.resolve("alone.safetensors"));
    PipelineFolder bare = PipelineFolder.open(SAMPLE).withTransformer(alone);
    assertThat(bare.config(Component.TRANSFORMER).node().isEmpty()).isTrue();
    try (Checkpoint checkpoint = bare.checkpoint(Component.TRANSFORMER)) {
      assertThat(checkpoint.contains("proj_out.weight")).isTrue();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "null",
        "[null, null]",
      })
  void nullComponentIsAbsent(String entry) throws IOException {
    PipelineFolder pipeline =
        open("{\"_class_name\": \"PixArtSigmaPipeline\", \"text_encoder\": " + entry + "}");
    assertThat(pipeline.className()).isEqualTo("PixArtSigmaPipeline");
    assertThat(pipeline.has(Component.TEXT_ENCODER)).isFalse();
    assertThatThrownBy(() -> pipeline.config(Component.TEXT_ENCODER))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContainingAll("model_index.json", "text_encoder");
  }

  @Test
  void listedComponentWithoutFolderIsAbsent() throws IOException {
    PipelineFolder pipeline =
        open(
            "{\"_class_name\": \"PixArtSigmaPipeline\", \"vae\": [\"diffusers\","
                + " \"AutoencoderKL\"]}");
    assertThat(pipeline.has(Component.VAE)).isFalse();
    assertThatThrownBy(() -> pipeline.checkpoint(Component.VAE))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining(folder.resolve("vae") + " is missing");
    Files.createDirectory(folder.resolve("vae"));
    assertThat(pipeline.has(Component.VAE)).isTrue();
    assertThatThrownBy(() -> pipeline.config(Component.VAE))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("config.json");
    assertThatThrownBy(() -> pipeline.checkpoint(Component.VAE))
        .isInstanceOf(InvalidCheckpointException.class)
        .hasMessageContaining("holds no safetensors");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}                                    | _class_name",
        "{\"_class_name\": 3}                  | _class_name",
        "{\"_class_name\": \"PixArtAlphaPipeline\", \"vae\": \"x\"} | vae",
        "{\"_class_name\": \"PixArtAlphaPipeline\", \"vae\": [1, 2]} | vae",
        "{\"_class_name\": \"PixArtAlphaPipeline\", \"vae\": [\"a\"]} | vae",
        "[]                                    | JSON object",
        "{                                     | not valid JSON",
      })
  void malformedIndexIsNamed(String index, String reason) {
    assertThatThrownBy(() -> open(index))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContainingAll("model_index.json", reason)
        .hasMessageNotContaining("\n");
  }

  /** diffusers takes the class of the index; files of older releases name none of their own. */
  @Test
  void aSchedulerThatNamesNoClassIsOfThatOfTheIndex() throws IOException {
    PipelineFolder pipeline =
        open(
            "{\"_class_name\": \"PixArtSigmaPipeline\", \"scheduler\": [\"diffusers\","
                + " \"DDIMScheduler\"]}");
    Path config = folder.resolve("scheduler/scheduler_config.json");
    Files.createDirectories(config.getParent());
    for (String own : new String[] {"{\"beta_end\": 0.02}", "{\"_class_name\": null}"}) {
      Files.writeString(config, own);
      assertThat(pipeline.config(Component.SCHEDULER).getString("_class_name"))
          .isEqualTo("DDIMScheduler");
    }
    Files.writeString(config, "{\"_class_name\": \"DDPMScheduler\"}");
    assertThat(pipeline.config(Component.SCHEDULER).getString("_class_name"))
        .isEqualTo("DDPMScheduler");
  }

  @Test
  void otherFoldersAreRefused() throws IOException {
    assertThatThrownBy(() -> PipelineFolder.open(folder.resolve("absent")))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("absent");
    assertThatThrownBy(() -> PipelineFolder.open(folder))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("model_index.json");
    assertThatThrownBy(() -> PipelineFolder.open(OUTLIER.resolve("transformer")))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("transformer alone");
  }
}
