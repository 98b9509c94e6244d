package org.viditq.tests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The demo from end to end; fewer steps and pictures than by default, the same plans. */
@Tag("slow")
class DemoCommandTest {
  @TempDir private Path folder;

  @Test
  void theDemoComparesFivePlansWithFullPrecision() throws IOException {
    Path out = folder.resolve("demo");
    CommandRun run =
        CommandRun.of("demo", "--steps", "6", "--pictures", "1", "--quiet", "--out", out.toString())
            .succeeded();
    assertThat(run.stdout())
        .contains("full precision", "W8A8 naive", "W8A8 dynamic", "W8A8 balanced")
        .contains("W6A6 balanced", "W4A8 timestep-aware", "outlier variant", "report.html");

    JsonNode metrics = new ObjectMapper().readTree(out.resolve("metrics.json").toFile());
    assertThat(metrics.path("plans").findValuesAsText("plan"))
        .containsExactly("full-precision", "w8a8-naive", "w8a8", "w8a8-balanced", "w6a6", "w4a8");
    // The effects that the method is for: outlier channels break naive grids, balancing restores.
    assertThat(psnr(metrics, "w8a8-naive")).isLessThan(psnr(metrics, "w8a8"));
    assertThat(psnr(metrics, "w8a8")).isLessThan(psnr(metrics, "w8a8-balanced"));
    assertThat(psnr(metrics, "w8a8-naive") + 5).isLessThan(psnr(metrics, "w6a6"));
    assertThat(psnr(metrics, "w8a8-naive") + 5).isLessThan(psnr(metrics, "w4a8"));
    for (JsonNode plan : metrics.path("plans")) {
      if (plan.has("psnr")) {
        assertThat(plan.path("ratio").asDouble()).isGreaterThan(1.5);
      }
    }

    String html = Files.readString(out.resolve("report.html"));
    assertThat(html.split("data:image/png;base64,", -1)).hasSize(1 + 6);
    try (Stream<Path> pictures = Files.walk(out)) {
      // One per plan, and all of them on one sheet.
      assertThat(pictures.filter(file -> file.toString().endsWith(".png"))).hasSize(6 + 1);
    }
  }

  /** In the fewest steps that the refusal of too few of them names: they are enough. */
  @Test
  void theVideoDemoComparesClips() throws IOException {
    Path out = folder.resolve("clips");
    CommandRun run =
        CommandRun.of(
                "demo",
                "--video",
                "--steps",
                fewestSteps("--video"),
                "--pictures",
                "1",
                "--quiet",
                "--out",
                out.toString())
            .succeeded();
    assertThat(run.stdout()).contains("flicker", "warping", "W4A8 timestep-aware");
    JsonNode metrics = new ObjectMapper().readTree(out.resolve("metrics.json").toFile());
    assertThat(metrics.path("plans").findValuesAsText("plan"))
        .containsExactly("full-precision", "w8a8-naive", "w8a8", "w4a8-naive", "w4a8");
    assertThat(psnr(metrics, "w8a8-naive")).isLessThan(psnr(metrics, "w8a8"));
    assertThat(metrics.path("plans").path(0).path("flicker").asDouble()).isBetween(1e-4, 0.5);
    String html = Files.readString(out.resolve("report.html"));
    assertThat(html.split("data:image/gif;base64,", -1)).hasSize(1 + 5);
    assertThat(out.resolve("w8a8/01.gif")).isNotEmptyFile();
  }

  @Test
  void theFewestStepsThatTheRefusalNamesAreEnough() {
    String out = folder.resolve("few").toString();
    String least = fewestSteps("--quiet");
    CommandRun.of("demo", "--steps", least, "--pictures", "1", "--out", out).succeeded();
  }

  private String fewestSteps(String option) {
    String out = folder.resolve("none").toString();
    String refusal =
        CommandRun.of("demo", option, "--steps", "2", "--out", out).failedWith(2).stderr();
    Matcher least = Pattern.compile("needs at least (\\d+)").matcher(refusal);
    assertThat(least.find()).as(refusal).isTrue();
    return least.group(1);
  }

  private static double psnr(JsonNode metrics, String plan) {
    for (JsonNode node : metrics.path("plans")) {
      if (node.path("plan").asText().equals(plan)) {
        return node.path("psnr").asDouble();
      }
    }
    throw new AssertionError("No plan " + plan + " in " + List.of(metrics));
  }
}
