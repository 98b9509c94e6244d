package org.viditq.tests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code --cache} of generate, evaluate and the demo, and the fit that calibrate makes for it. */
@Tag("slow")
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class StepCachingCommandTest {
  private static final String SAMPLE = "../samples/pixart-mini";
  private static final String RING = "a red ring on a gray background";
  private static final String STAR = "a large pink star on a white background";

  @TempDir private Path folder;

  private CommandRun generate(String out, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of("generate", "--model", SAMPLE, "--steps", "6", "--out", folder + "/" + out));
    arguments.addAll(List.of(more));
    return CommandRun.of(arguments.toArray(String[]::new));
  }

  private byte[] bytes(String file) throws IOException {
    return Files.readAllBytes(folder.resolve(file));
  }

  @Test
  void cachedPicturesAreTheSameInEveryRunAndBatch() throws IOException {
    JsonNode first =
        generate("a.png", "--prompt", STAR, "--cache", "threshold:0.7", "--json")
            .succeeded()
            .json();
    assertThat(first.path("cache").asText()).isEqualTo("threshold:0.7");
    assertThat(first.path("evaluations").asInt()).isEqualTo(6);
    assertThat(first.path("evaluationsSkipped").asInt()).isBetween(1, 4);
    generate("b.png", "--prompt", STAR, "--cache", "threshold:0.7").succeeded();
    assertThat(bytes("b.png")).isEqualTo(bytes("a.png"));
    generate("both", "--prompt", RING, "--prompt", STAR, "--cache", "threshold:0.7").succeeded();
    try (Stream<Path> files = Files.list(folder.resolve("both"))) {
      Path second = files.sorted().skip(1).findFirst().orElseThrow();
      assertThat(Files.readAllBytes(second)).isEqualTo(bytes("a.png"));
    }
    generate("plain.png", "--prompt", STAR).succeeded();
    generate("none.png", "--prompt", STAR, "--cache", "none").succeeded();
    assertThat(bytes("none.png")).isEqualTo(bytes("plain.png"));
    assertThat(bytes("plain.png")).isNotEqualTo(bytes("a.png"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"fast", "interval:0", "threshold:-1", "cross:2", "interval:2,interval:3"})
  void whatIsNoCachingIsRefused(String cache) {
    generate("x.png", "--prompt", STAR, "--cache", cache).failedWith(2);
  }

  @Test
  void backendsThatRunWholeNetworksTakeThresholds() throws IOException {
    CommandRun run =
        generate("x.png", "--prompt", STAR, "--cache", "interval:2", "--backend", "onnxruntime");
    assertThat(run.failedWith(2).stderr()).contains("take auto or threshold:X");
    String[] cached = {"--prompt", STAR, "--cache", "threshold:0.7", "--json"};
    JsonNode here = generate("here.png", cached).succeeded().json();
    JsonNode there =
        generate(
                "there.png",
                Stream.concat(Stream.of(cached), Stream.of("--backend", "onnxruntime"))
                    .toArray(String[]::new))
            .succeeded()
            .json();
    assertThat(there.path("evaluationsSkipped").asInt())
        .isPositive()
        .isBetween(
            here.path("evaluationsSkipped").asInt() - 1,
            here.path("evaluationsSkipped").asInt() + 1);
  }

  @Test
  void aFitIsMadeAndTaken() throws IOException {
    Path fit = folder.resolve("fit.json");
    CommandRun.of(
            "calibrate",
            "--model",
            SAMPLE,
            "--prompt",
            RING,
            "--steps",
            "6",
            "--step-changes",
            fit.toString(),
            "--out",
            folder + "/stats.safetensors")
        .succeeded();
    assertThat(Files.readString(fit)).contains("\"coefficients\"", "\"PixArt\"");
    generate("a.png", "--prompt", STAR, "--cache", "auto", "--step-changes", fit.toString())
        .succeeded();
    Files.writeString(fit, Files.readString(fit).replace("PixArt", "STDiT"));
    CommandRun other =
        generate("b.png", "--prompt", STAR, "--cache", "auto", "--step-changes", fit.toString());
    assertThat(other.failedWith(1).stderr()).contains("was fitted to another model");
  }

  private String[] evaluate(Path out) {
    return new String[] {
      "evaluate",
      "--model",
      SAMPLE,
      "--prompt",
      RING,
      "--prompt",
      STAR,
      "--steps",
      "6",
      "--plan",
      "w8a8",
      "--cache",
      "interval:2",
      "--cache",
      "threshold:0.7",
      "--out",
      out.toString(),
      "--json"
    };
  }

  @Test
  void plansAreComparedWithEveryCaching() throws Exception {
    Path whole = folder.resolve("whole");
    JsonNode plans = CommandRun.of(evaluate(whole)).succeeded().json().path("plans");
    List<String> rows = new ArrayList<>();
    plans.forEach(
        plan -> rows.add(plan.path("plan").asText() + " " + plan.path("cache").asText("")));
    assertThat(rows)
        .containsExactly(
            "full precision interval:2",
            "full precision threshold:0.7",
            "w8a8 ",
            "w8a8 interval:2",
            "w8a8 threshold:0.7");
    assertThat(plans.get(3).path("evaluations").asInt()).isEqualTo(12);
    assertThat(plans.get(3).path("evaluationsSkipped").asInt()).isEqualTo(6);
    assertThat(plans.get(2).path("psnr").asDouble())
        .isGreaterThan(plans.get(3).path("psnr").asDouble());
    String page = Files.readString(whole.resolve("report.html"));
    assertThat(page).contains("Quality against time", "<svg", "w8a8, threshold:0.7");

    // What was killed is gone on with, skipped evaluations included.
    Path broken = folder.resolve("broken");
    KilledRun.after(
        4, folder.resolve(".broken.partial"), folder.resolve("errors"), evaluate(broken));
    JsonNode again = CommandRun.of(evaluate(broken)).succeeded().json().path("plans");
    for (int i = 0; i < plans.size(); i++) {
      for (String figure : List.of("psnr", "ssim", "evaluations", "evaluationsSkipped")) {
        assertThat(again.get(i).path(figure)).as(figure).isEqualTo(plans.get(i).path(figure));
      }
    }
  }

  @Test
  void theDemoShowsCachingBesideEachPlan() throws IOException {
    Path out = folder.resolve("demo");
    JsonNode plans =
        CommandRun.of(
                "demo",
                "--pictures",
                "1",
                "--steps",
                "4",
                "--cache",
                "interval:2",
                "--out",
                out.toString(),
                "--json")
            .succeeded()
            .json()
            .path("plans");
    assertThat(plans).hasSize(1 + 5 * 2);
    assertThat(plans.get(2).path("title").asText()).isEqualTo("W8A8 naive, interval:2");
    assertThat(Files.readString(out.resolve("report.html"))).contains("Quality against time");
    assertThat(out.resolve("w8a8-interval-2")).isDirectory();
  }
}
