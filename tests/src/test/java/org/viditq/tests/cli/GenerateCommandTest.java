package org.viditq.tests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Calibrate, quantize and generate on the sample model, with few steps. */
@Tag("slow")
class GenerateCommandTest {
  private static final String SAMPLE = "../samples/pixart-mini";
  private static final String RING = "a red ring on a gray background";
  private static final String STAR = "a large pink star on a white background";

  @TempDir private Path folder;

  @Test
  void onePicturePerPromptAndSeed() throws IOException {
    CommandRun run =
        generate("pictures", "--prompt", RING, "--prompt", STAR, "--seed", "1,2", "--json");
    assertThat(files("pictures").stream().map(name -> name.replaceAll("-[0-9a-f]{8}\\.", ".")))
        .containsExactly(
            "01-a-red-ring-on-a-gray-background-seed1.png",
            "01-a-red-ring-on-a-gray-background-seed2.png",
            "02-a-large-pink-star-on-a-white-background-seed1.png",
            "02-a-large-pink-star-on-a-white-background-seed2.png");
    JsonNode json = run.json();
    assertThat(json.path("plan").asText()).isEqualTo("full-precision");
    assertThat(json.path("pictures")).hasSize(4);
    assertThat(json.path("pictures").path(2).path("prompt").asText()).isEqualTo(STAR);
    assertThat(json.path("pictures").path(2).path("seed").asLong()).isEqualTo(1);
    assertThat(Path.of(json.path("pictures").path(2).path("file").asText())).exists();
  }

  @Test
  void aPictureDoesNotDependOnItsBatchOrOnThreads() throws IOException {
    generate("a", "--prompt", RING, "--prompt", STAR, "--batch", "2", "--threads", "2");
    generate("b.png", "--prompt", STAR, "--threads", "1");
    assertThat(pixels("b.png")).isEqualTo(pixels("a/" + files("a").get(1)));
  }

  @Test
  void picturesInOneFolderNeverReplaceEachOther() throws IOException {
    // Two prompts without a Latin letter, and one with other steps, as runs of their own.
    generate("o", "--prompt", "红色的圆环");
    generate("o", "--prompt", "蓝色的星星");
    generate("o", "--prompt", "蓝色的星星", "--guidance", "2");
    generate("o", "--prompt", "蓝色的星星");
    assertThat(files("o")).hasSize(4).anyMatch(name -> name.contains("红色的圆环"));
    generate("o", "--prompt", "蓝色的星星", "--force");
    assertThat(files("o")).hasSize(4);
  }

  @Test
  void theEndingTellsTheFormat() throws IOException {
    for (String ending : List.of("jpg", "webp", "gif", "mp4")) {
      generate("ring." + ending, "--prompt", RING);
    }
    assertThat(ImageIO.read(folder.resolve("ring.jpg").toFile()).getWidth()).isEqualTo(64);
    assertThat(start("ring.webp")).startsWith("RIFF").contains("WEBP");
    assertThat(start("ring.gif")).startsWith("GIF89a");
    assertThat(start("ring.mp4").substring(4)).startsWith("ftyp");
    generate("pictures", "--prompt", RING, "--format", "jpg", "--quality", "50");
    assertThat(files("pictures")).singleElement().asString().endsWith(".jpg");
  }

  private String start(String file) throws IOException {
    byte[] bytes = Files.readAllBytes(folder.resolve(file));
    return new String(bytes, 0, 12, StandardCharsets.ISO_8859_1);
  }

  @Test
  void aPictureSaysHowItWasMade() throws IOException {
    generate("ring.png", "--prompt", RING, "--seed", "7");
    String bytes = Files.readString(folder.resolve("ring.png"), StandardCharsets.ISO_8859_1);
    assertThat(bytes).contains("prompt", RING, "seed", "full-precision", "viditq ");
  }

  @Test
  void aProfileTellsWhereTheTimeWent() {
    CommandRun run = tell("--profile");
    assertThat(run.stderr()).contains("operator", "calls", "attention 64 to ", "convolution");
  }

  @Test
  void aNegativePromptThatNothingUsesIsTold() {
    for (String guidance : new String[] {"1", "1.5"}) {
      CommandRun run = tell("--guidance", guidance, "--negative-prompt", STAR, "--force");
      assertThat(run.stderr().contains("--negative-prompt changes nothing"))
          .isEqualTo(guidance.equals("1"));
    }
  }

  @Test
  void nonSquarePictures() throws IOException {
    generate("wide.png", "--prompt", RING, "--width", "96", "--height", "40");
    BufferedImage image = ImageIO.read(folder.resolve("wide.png").toFile());
    assertThat(image.getWidth()).isEqualTo(96);
    assertThat(image.getHeight()).isEqualTo(40);
  }

  @Test
  void savedEmbeddingsGiveTheSamePictures() throws IOException {
    String saved = folder + "/ring.safetensors";
    CommandRun.of(
            "generate", "--model", SAMPLE, "--prompt", RING, "--save-embeddings", saved, "--quiet")
        .succeeded();
    assertThat(files("")).containsExactly("ring.safetensors");
    generate("direct.png", "--prompt", RING);
    generate("saved.png", "--embeddings", saved);
    assertThat(pixels("saved.png")).isEqualTo(pixels("direct.png"));
  }

  @Test
  void aQuantizedFolderGivesThePicturesOfItsPlan() throws IOException {
    String statistics = folder + "/stats.safetensors";
    CommandRun.of(
            "calibrate",
            "--model",
            SAMPLE,
            "--prompt",
            RING,
            "--prompt",
            STAR,
            "--steps",
            "4",
            "--out",
            statistics,
            "--quiet")
        .succeeded();
    JsonNode quantized =
        CommandRun.of(
                "quantize",
                "--model",
                SAMPLE,
                "--plan",
                "w4a8",
                "--stats",
                statistics,
                "--out",
                folder + "/w4a8",
                "--json")
            .succeeded()
            .json();
    assertThat(quantized.path("layers").asInt()).isEqualTo(80);
    assertThat(quantized.path("ratio").asDouble()).isBetween(1.5, 4.0);

    generate("plan.png", "--prompt", RING, "--plan", "w4a8", "--stats", statistics);
    generate("folder.png", "--prompt", RING, "--quantized", folder + "/w4a8");
    generate("transformer.png", "--prompt", RING, "--transformer", folder + "/w4a8");
    generate("full.png", "--prompt", RING);
    assertThat(pixels("folder.png")).isEqualTo(pixels("plan.png")).isNotEqualTo(pixels("full.png"));
    assertThat(pixels("transformer.png")).isEqualTo(pixels("plan.png"));

    assertThat(CommandRun.of("inspect", folder + "/w4a8").succeeded().stdout())
        .containsPattern(
            "transformer_blocks\\.7\\.ff\\.net\\.2 +192x768 +INT4 +4 .*2 timestep ranges");
    assertThat(
            CommandRun.of(
                    "quantize",
                    "--model",
                    SAMPLE,
                    "--transformer",
                    folder + "/w4a8",
                    "--plan",
                    "w8a8",
                    "--out",
                    folder + "/again")
                .failedWith(1)
                .stderr())
        .contains("is quantized already");
  }

  /** With messages; the picture is {@code ring.png}. */
  private CommandRun tell(String... arguments) {
    List<String> all = new ArrayList<>(List.of("generate", "--model", SAMPLE, "--prompt", RING));
    all.addAll(List.of("--steps", "2", "--out", folder + "/ring.png"));
    all.addAll(List.of(arguments));
    return CommandRun.of(all.toArray(String[]::new)).succeeded();
  }

  private CommandRun generate(String out, String... arguments) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "generate",
                "--model",
                SAMPLE,
                "--steps",
                "2",
                "--quiet",
                "--out",
                folder + "/" + out));
    all.addAll(List.of(arguments));
    return CommandRun.of(all.toArray(String[]::new)).succeeded();
  }

  private List<Integer> pixels(String file) throws IOException {
    BufferedImage image = ImageIO.read(folder.resolve(file).toFile());
    int[] rgb = image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
    return Arrays.stream(rgb).boxed().toList();
  }

  private List<String> files(String below) throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve(below))) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
