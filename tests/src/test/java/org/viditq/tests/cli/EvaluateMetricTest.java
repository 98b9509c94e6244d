package org.viditq.tests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Metrics beside PSNR and SSIM in evaluations. */
class EvaluateMetricTest {
  @TempDir private Path folder;

  private static String[] evaluate(String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "evaluate",
                "--model",
                "../samples/pixart-mini",
                "--plan",
                "w4a8-dynamic",
                "--steps",
                "2"));
    arguments.addAll(List.of(more));
    return arguments.toArray(String[]::new);
  }

  @Test
  @Tag("slow")
  void metricsAreInTableJsonAndPage() throws Exception {
    String[] prompts = {
      "--prompt",
      "a large red circle on a white background",
      "--prompt",
      "a cyan ring on a gray background"
    };
    List<String> more = new ArrayList<>(List.of(prompts));
    for (String metric : List.of("scene-alignment", "mse", "psnr")) {
      more.addAll(List.of("--metric", metric));
    }
    Path out = folder.resolve("report");
    more.addAll(List.of("--out", out.toString()));
    CommandRun run = CommandRun.of(evaluate(more.toArray(String[]::new))).succeeded();
    assertThat(run.stdout())
        .contains("scene-alignment, higher is better:")
        .contains("mse, lower is better:")
        .contains("95 % of the mean");
    assertThat(Files.readString(out.resolve("report.html")))
        .contains("scene-alignment (higher is better)");
    JsonNode json =
        new com.fasterxml.jackson.databind.ObjectMapper()
            .readTree(out.resolve("metrics.json").toFile());
    JsonNode mse = json.path("metrics").get(1).path("plans");
    assertThat(mse.path("full precision").path("mean").asDouble()).isZero();
    JsonNode plan = mse.path("w4a8-dynamic");
    assertThat(plan.path("perPicture")).hasSize(2);
    assertThat(plan.path("worseBy").asDouble())
        .isEqualTo(plan.path("mean").asDouble())
        .isBetween(plan.path("worseByLow").asDouble(), plan.path("worseByHigh").asDouble());
    // The same that the report has always had.
    JsonNode psnr = json.path("metrics").get(2).path("plans");
    assertThat(psnr.path("full precision").path("mean").isNull()).isTrue();
    assertThat(psnr.path("w4a8-dynamic").path("mean").asDouble())
        .isEqualTo(json.path("plans").get(0).path("psnr").asDouble());
  }

  @ParameterizedTest
  @CsvSource({
    "lpips, no metric lpips",
    "warping-error, judges clips",
    "scene-alignment, captions only",
    "none.yaml, none.yaml"
  })
  void metricsThatCannotBeAreKnownBeforeTheWork(String metric, String words) {
    CommandRun run = CommandRun.of(evaluate("--prompt", "a cat", "--metric", metric));
    assertThat(run.exitCode()).isIn(1, 2);
    assertThat(run.stderr()).startsWith("viditq: ").hasLineCount(1).contains(words);
  }
}
