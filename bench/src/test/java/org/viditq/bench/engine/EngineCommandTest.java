package org.viditq.bench.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.bench.CommandLine;

/** The command on the sample model, ONNX Runtime in the place of the device. */
class EngineCommandTest {
  private static final String SAMPLE = Path.of("..", "samples", "pixart-mini").toString();

  @TempDir private Path folder;
  private final CommandLine bench =
      new CommandLine("bench", "engine", "--model", SAMPLE, "--prompt", "a red ring");

  @Test
  @Tag("slow")
  void fullPrecisionAndPlansAreMeasuredBesideEachOther() throws IOException {
    Path file = folder.resolve("engine.json");
    assertThat(
            bench.run(
                "--backend",
                "onnxruntime",
                "--plan",
                "w8a8,w4a8-dynamic",
                "--steps",
                "2",
                "--rounds",
                "2",
                "--quiet",
                "--out",
                file.toString()))
        .as(bench.err())
        .isZero();
    JsonNode report = new ObjectMapper().readTree(file.toFile());
    assertThat(report.get("benchmark").asText()).isEqualTo("engine");
    assertThat(report.get("backend").asText()).isEqualTo("onnxruntime");
    assertThat(report.get("precision").asText()).isEqualTo("fp32");
    assertThat(report.get("steps").asInt()).isEqualTo(2);
    JsonNode results = report.get("results");
    assertThat(results.findValuesAsText("name"))
        .containsExactly("full precision", "w8a8", "w4a8-dynamic");
    for (JsonNode one : results) {
      assertThat(one.get("samplingSeconds")).hasSize(2);
      assertThat(one.get("stepMillis").asDouble()).isPositive();
      assertThat(one.get("preparationSeconds").asDouble()).isPositive();
      assertThat(one.get("deviceBytes").isNull()).isTrue();
    }
    assertThat(results.get(0).get("timesFullPrecision").asDouble()).isEqualTo(1);
    assertThat(results.get(0).has("psnr")).isFalse();
    assertThat(results.get(1).get("psnr").asDouble())
        .isGreaterThan(results.get(2).get("psnr").asDouble());
    assertThat(results.get(0).get("weightBytes").asLong())
        .isGreaterThan(results.get(1).get("weightBytes").asLong());
    assertThat(results.get(1).get("weightBytes").asLong())
        .isGreaterThan(results.get(2).get("weightBytes").asLong());
  }

  /** Not measured as if the operators that take its place were an engine. */
  @Test
  @Tag("slow")
  void aPlanThatNoGraphHoldsIsRefused() {
    String stats = folder.resolve("stats.safetensors").toString();
    CommandLine calibrate = new CommandLine("calibrate", "--model", SAMPLE);
    assertThat(calibrate.run("--prompt", "a red ring", "--steps", "2", "--out", stats))
        .as(calibrate.err())
        .isZero();
    assertThat(
            bench.run(
                "--backend",
                "onnxruntime",
                "--plan",
                "w8a8-naive",
                "--stats",
                stats,
                "--steps",
                "1",
                "--rounds",
                "1"))
        .isEqualTo(2);
    assertThat(bench.err()).contains("The transformer in w8a8-naive cannot be an engine");
  }

  @ParameterizedTest
  @CsvSource({
    "--backend=native, Backend native makes no engines",
    "--backend=onnxruntime --rounds=0, --rounds is 0",
    "--backend=onnxruntime --plan=nothing, nothing",
    "--backend=tensorrt, Backend tensorrt"
  })
  void wrongRequestsAreRefused(String options, String message) {
    assertThat(bench.run(options.split(" "))).isIn(1, 2);
    assertThat(bench.err()).contains(message).doesNotContain("\tat ");
  }
}
