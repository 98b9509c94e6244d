package org.viditq.tests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The folder that {@code viditq evaluate --out} writes. */
@Tag("slow")
class EvaluateReportTest {
  private static final String PICTURES = "../samples/pixart-mini";
  private static final String CLIPS = "../samples/stdit-mini";

  @TempDir private Path folder;

  private CommandRun evaluate(String model, Path out, String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("evaluate", "--model", model, "--out", out.toString()));
    arguments.addAll(List.of(more));
    return CommandRun.of(arguments.toArray(String[]::new));
  }

  private static JsonNode metrics(Path out) throws IOException {
    return new ObjectMapper().readTree(out.resolve("metrics.json").toFile());
  }

  /** Names relative to the folder, sorted. */
  private static List<String> files(Path folder) throws IOException {
    try (Stream<Path> tree = Files.walk(folder)) {
      return tree.filter(Files::isRegularFile)
          .map(file -> folder.relativize(file).toString())
          .sorted()
          .toList();
    }
  }

  @Test
  void picturesWithWhatTheyDifferInWorstPromptsFirst() throws IOException {
    Path out = folder.resolve("evaluation");
    CommandRun run =
        evaluate(
            PICTURES,
            out,
            "--prompt",
            "a red ring",
            "--prompt",
            "<b>a star</b>",
            "--steps",
            "2",
            "--plan",
            "w4a8-dynamic",
            "--plan",
            "w8a8");
    run.succeeded();

    assertThat(files(out))
        .containsExactly(
            "comparison.png",
            "full-precision/01-a-red-ring-seed0.png",
            "full-precision/02-b-a-star-b-seed1.png",
            "metrics.json",
            "report.html",
            "w4a8-dynamic/01-a-red-ring-seed0-difference.png",
            "w4a8-dynamic/01-a-red-ring-seed0.png",
            "w4a8-dynamic/02-b-a-star-b-seed1-difference.png",
            "w4a8-dynamic/02-b-a-star-b-seed1.png",
            "w8a8/01-a-red-ring-seed0-difference.png",
            "w8a8/01-a-red-ring-seed0.png",
            "w8a8/02-b-a-star-b-seed1-difference.png",
            "w8a8/02-b-a-star-b-seed1.png");
    JsonNode plans = metrics(out).path("plans");
    assertThat(plans.path(0).path("psnr").asDouble()).isBetween(5.0, 60.0);
    assertThat(plans.path(0).path("psnrDeviation").asDouble()).isPositive();
    assertThat(plans.path(0).path("peakBytes").asLong()).isGreaterThan(50L << 20);
    assertThat(plans.path(1).path("psnr").asDouble())
        .isGreaterThan(plans.path(0).path("psnr").asDouble());
    assertThat(plans.path(1).path("identicalPictures").asInt()).isZero();

    String html = Files.readString(out.resolve("report.html"));
    assertThat(html)
        .contains("“&lt;b&gt;a star&lt;/b&gt;”")
        .doesNotContain("<b>")
        .doesNotContain("http:")
        .doesNotContain("https:")
        .containsPattern("difference × \\d+, at most 0\\.\\d{3}");
    JsonNode psnr = plans.path(0).path("psnrPerPicture");
    // The plan of fewer bits is the worse one for both.
    boolean ringIsWorse = psnr.path(0).asDouble() < psnr.path(1).asDouble();
    assertThat(html.indexOf("“a red ring”") < html.indexOf("“&lt;b&gt;")).isEqualTo(ringIsWorse);

    BufferedImage sheet = ImageIO.read(out.resolve("comparison.png").toFile());
    assertThat(sheet.getWidth()).isEqualTo(6 + 3 * (128 + 6));
    assertThat(folder.resolve(".evaluation.partial")).doesNotExist();

    evaluate(PICTURES, out, "--prompt", "a star", "--plan", "w8a8").failedWith(2);
  }

  @Test
  void clipsMoveAndFlickerIsMeasured() throws IOException {
    Path out = folder.resolve("clips");
    evaluate(CLIPS, out, "--prompt", "a red circle moving right", "--steps", "2", "--plan", "w8a8")
        .succeeded();

    assertThat(files(out))
        .contains(
            "full-precision/01-a-red-circle-moving-right-seed0.gif",
            "w8a8/01-a-red-circle-moving-right-seed0.gif",
            "w8a8/01-a-red-circle-moving-right-seed0-difference.gif");
    JsonNode metrics = metrics(out);
    assertThat(metrics.path("fullPrecision").path("flicker").asDouble()).isPositive();
    assertThat(metrics.path("plans").path(0).path("warpingError").asDouble()).isPositive();
    assertThat(Files.readString(out.resolve("report.html")))
        .contains("Flicker", "Warping error", "data:image/gif;base64,", "8 frames of 64×64 pixels");
  }

  @Test
  void aNaivePlanIsExplainedByTheChannelsThatStandOut() throws IOException {
    String statistics = folder.resolve("stats.safetensors").toString();
    String outlier = "../samples/pixart-mini-outlier";
    CommandRun.of(
            "calibrate",
            "--model",
            PICTURES,
            "--transformer",
            outlier,
            "--steps",
            "4",
            "--prompt",
            "a cyan cross on a black background",
            "--out",
            statistics)
        .succeeded();
    Path out = folder.resolve("outlier");
    evaluate(
            PICTURES,
            out,
            "--transformer",
            outlier,
            "--stats",
            statistics,
            "--prompt",
            "a small pink star",
            "--plan",
            "w8a8-naive",
            "--plan",
            "w8a8",
            "--plan",
            "w4a8")
        .succeeded();
    assertThat(Files.readString(out.resolve("report.html")))
        .contains("static grids span outlier channels")
        .contains("2 sets of codes, one per timestep range")
        .containsPattern("w8a8-naive is \\d+\\.\\d dB below w8a8 with")
        .containsPattern("reaches \\d+ times the median");
  }
}
