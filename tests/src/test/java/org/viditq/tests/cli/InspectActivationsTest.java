package org.viditq.tests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InspectActivationsTest {
  private static final String MODEL = "../samples/pixart-mini";
  private static final String PROMPT = "a red circle on a black background";

  @TempDir Path folder;

  @Test
  @Tag("slow")
  void aReportSaysWhatTheOutlierVariantIsMadeFor() throws IOException {
    Path out = folder.resolve("activations");
    CommandRun run =
        CommandRun.of(
                "inspect",
                MODEL,
                "--activations",
                "--transformer",
                "../samples/pixart-mini-outlier",
                "--prompt",
                PROMPT,
                "--steps",
                "4",
                "--layers",
                "1",
                "--out",
                out.toString())
            .succeeded();
    assertThat(run.stdout()).contains("static scale", "What varies most", "channels in");
    JsonNode json = new ObjectMapper().readTree(out.resolve("activations.json").toFile());
    assertThat(json.path("layers")).hasSize(86);
    int largeChannels = 0;
    for (JsonNode layer : json.path("layers")) {
      assertThat(layer.path("timesteps")).hasSize(2);
      JsonNode ratios = layer.path("signalToNoise");
      // A static grid of all spans those of its parts, so that its steps are no smaller.
      assertThat(ratios.path("token").asDouble())
          .as(layer.path("name").asText())
          .isGreaterThan(ratios.path("tensor").asDouble() - 0.5);
      largeChannels += layer.path("variation").path("channels").asDouble() > 20 ? 1 : 0;
    }
    assertThat(largeChannels).isGreaterThan(40);
    String page = Files.readString(out.resolve("activations.html"));
    assertThat(page).contains("data:image/png;base64,").doesNotContain("{{");
    try (Stream<Path> files = Files.list(out.resolve("plots"))) {
      List<Path> plots = files.sorted().toList();
      // The overview and the worst of self attention, cross attention and feed forward.
      assertThat(plots).hasSize(2 * 4);
      for (Path plot : plots) {
        if (plot.toString().endsWith(".png")) {
          assertThat(ImageIO.read(plot.toFile()).getWidth()).isGreaterThan(500);
        } else {
          assertThat(Files.readString(plot)).contains("<svg");
        }
      }
    }
  }

  @Test
  @Tag("slow")
  void clipsAreInspectedWithoutGuidance() {
    JsonNode json =
        CommandRun.of(
                "inspect",
                "../samples/stdit-mini",
                "--activations",
                "--prompt",
                "a red circle moves to the right",
                "--steps",
                "2",
                "--guidance",
                "1",
                "--json")
            .succeeded()
            .json();
    assertThat(json.findValuesAsText("type")).contains("temporal attention", "self attention");
    assertThat(json.path("layers").path(0).path("stepMax")).hasSize(1);
  }

  @Test
  void optionsOfItGoWithItOnly() {
    assertThat(CommandRun.of("inspect", MODEL, "--every", "3").failedWith(2).stderr())
        .contains("--every goes with --activations");
    assertThat(CommandRun.of("inspect", MODEL, "--activations", "--summary").failedWith(2).stderr())
        .contains("--summary goes without --activations");
    assertThat(CommandRun.of("inspect", MODEL, "--activations").failedWith(2).stderr())
        .contains("There is no prompt");
    assertThat(
            CommandRun.of("inspect", MODEL, "--activations", "--prompt", PROMPT, "--bits", "9")
                .failedWith(2)
                .stderr())
        .contains("--bits is 9, but must lie between 2 and 8");
  }
}
