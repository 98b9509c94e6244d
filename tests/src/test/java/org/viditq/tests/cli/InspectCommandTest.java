package org.viditq.tests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class InspectCommandTest {
  private static final String SAMPLE = "../samples/pixart-mini";

  @Test
  void aPipelineIsListedByComponent() {
    JsonNode json = CommandRun.of("inspect", SAMPLE, "--json").succeeded().json();
    assertThat(json.findValuesAsText("type"))
        .contains("T5EncoderModel", "PixArtTransformer2DModel", "AutoencoderKL");
    JsonNode transformer = json.path("components").path(1);
    assertThat(transformer.path("name").asText()).isEqualTo("transformer");
    assertThat(transformer.path("tensors").asInt()).isEqualTo(183);
    JsonNode layer = transformer.path("layers").path(8);
    assertThat(layer.path("name").asText()).isEqualTo("transformer_blocks.0.attn1.to_k");
    assertThat(layer.path("shape").asText()).isEqualTo("192x192");
    assertThat(layer.path("bits").asInt()).isEqualTo(16);
    assertThat(layer.path("bytes").asInt()).isEqualTo(2 * (192 * 192 + 192));
  }

  @Test
  void theBytesAddUp() {
    JsonNode json = CommandRun.of("inspect", SAMPLE, "--json").succeeded().json();
    long sum = 0;
    for (JsonNode component : json.path("components")) {
      for (JsonNode layer : component.path("layers")) {
        for (JsonNode tensor : layer.path("tensors")) {
          sum += tensor.path("bytes").asLong();
        }
      }
    }
    assertThat(json.path("bytes").asLong()).isEqualTo(sum).isGreaterThan(1 << 20);
  }

  @Test
  void aFileIsListedByLayer() {
    CommandRun run =
        CommandRun.of("inspect", SAMPLE + "/transformer/diffusion_pytorch_model.safetensors");
    assertThat(run.succeeded().stdout())
        .containsPattern("transformer_blocks\\.7\\.ff\\.net\\.2 +192x768 +F16 +16 +295296 +bias")
        .contains("183 tensors, 5.1 M parameters");
  }

  @Test
  void theSummaryHasNoLayers() {
    assertThat(CommandRun.of("inspect", SAMPLE, "--summary").succeeded().stdout())
        .doesNotContain("transformer_blocks")
        .contains("total: ");
  }

  @Test
  void aPathThatDoesNotExist() {
    assertThat(CommandRun.of("inspect", SAMPLE + "/nothing").failedWith(1).stderr())
        .contains("There is no checkpoint " + SAMPLE + "/nothing.");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aDeviceIsRefused() {
    assertThat(CommandRun.of("inspect", "/dev/null").failedWith(1).stderr())
        .contains("/dev/null is no regular file");
  }

  @Test
  void aFileThatIsNoCheckpoint() {
    assertThat(CommandRun.of("inspect", SAMPLE + "/eval_prompts.txt").failedWith(1).stderr())
        .contains("eval_prompts.txt")
        .contains("no weights");
  }
}
