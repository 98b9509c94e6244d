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
import org.viditq.tests.onnx.TinyNetwork;

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

  /** Distances of sets; those of pictures from the same pictures in a folder are rounding. */
  @Test
  @Tag("slow")
  void frechetDistances() throws Exception {
    TinyNetwork.meanColours(folder.resolve("net.onnx"));
    Path descriptor =
        Files.writeString(
            folder.resolve("features.yaml"),
            "{name: colours, model: net.onnx, inputs: {x: {from: frame}}, output: {features: y}}");
    List<String> common = new ArrayList<>();
    for (String prompt : List.of("a red circle", "a cyan ring", "a star")) {
      common.addAll(List.of("--prompt", prompt));
    }
    common.addAll(List.of("--frechet", descriptor.toString(), "--out"));
    Path first = folder.resolve("first");
    List<String> more = new ArrayList<>(common);
    more.add(first.toString());
    CommandRun run = CommandRun.of(evaluate(more.toArray(String[]::new))).succeeded();
    assertThat(run.stdout())
        .contains("Fréchet distance by colours, lower is better:")
        .contains("3 vectors of 3 features leave the covariances singular");
    assertThat(Files.readString(first.resolve("report.html")))
        .contains("Fréchet distance (colours)");
    JsonNode frechet = frechet(first);
    assertThat(frechet.path("features").asInt()).isEqualTo(3);
    assertThat(frechet.path("plans").path("full precision").has("fromFullPrecision")).isFalse();
    JsonNode plan = frechet.path("plans").path("w4a8-dynamic").path("fromFullPrecision");
    assertThat(plan.path("distance").asDouble())
        .isPositive()
        .isBetween(plan.path("low").asDouble(), plan.path("high").asDouble());

    Path second = folder.resolve("second");
    more = new ArrayList<>(common);
    more.addAll(List.of(second.toString(), "--frechet-reference"));
    more.add(first.resolve("full-precision").toString());
    CommandRun.of(evaluate(more.toArray(String[]::new))).succeeded();
    JsonNode plans = frechet(second).path("plans");
    assertThat(distance(plans, "full precision")).isBetween(0.0, 1e-5);
    assertThat(plans.path("w4a8-dynamic").path("fromFullPrecision")).isEqualTo(plan);

    Path third = folder.resolve("third");
    more = new ArrayList<>(common);
    more.addAll(List.of(third.toString(), "--frechet-reference"));
    more.add(second.resolve("reference-features.safetensors").toString());
    CommandRun.of(evaluate(more.toArray(String[]::new))).succeeded();
    assertThat(frechet(third).path("plans")).isEqualTo(plans);
    assertThat(third.resolve("reference-features.safetensors")).doesNotExist();
  }

  private static double distance(JsonNode plans, String plan) {
    return plans.path(plan).path("fromReference").path("distance").asDouble(-1);
  }

  private static JsonNode frechet(Path report) throws Exception {
    return new com.fasterxml.jackson.databind.ObjectMapper()
        .readTree(report.resolve("metrics.json").toFile())
        .path("frechet");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--frechet-reference .|goes with --frechet",
        "--frechet none.yaml|none.yaml",
        "--frechet features.yaml|one prompt gives a single vector",
        "--frechet features.yaml --prompt two --frechet-reference none|There is no folder",
        "--frechet features.yaml --prompt two --frechet-reference empty|has 0 pictures",
        "--frechet features.yaml --prompt two --frechet-reference features.yaml|features.yaml",
        "--metric features.yaml|--frechet"
      })
  void setsThatCannotBeAreKnownBeforeTheWork(String options, String words) throws Exception {
    TinyNetwork.meanColours(folder.resolve("net.onnx"));
    Files.createDirectory(folder.resolve("empty"));
    Files.writeString(
        folder.resolve("features.yaml"),
        "{name: colours, model: net.onnx, inputs: {x: {from: frame}}, output: {features: y}}");
    List<String> more = new ArrayList<>(List.of("--prompt", "a cat"));
    for (String word : options.split(" ")) {
      boolean isFile = !word.startsWith("-") && !word.equals("two");
      more.add(isFile ? folder.resolve(word).toString() : word);
    }
    CommandRun run = CommandRun.of(evaluate(more.toArray(String[]::new)));
    assertThat(run.exitCode()).isIn(1, 2);
    assertThat(run.stderr()).startsWith("viditq: ").hasLineCount(1).contains(words);
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
