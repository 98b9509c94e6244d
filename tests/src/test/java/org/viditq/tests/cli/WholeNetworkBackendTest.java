package org.viditq.tests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands on a backend that runs networks as a whole, here ONNX Runtime. */
@Tag("slow")
class WholeNetworkBackendTest {
  private static final Path SAMPLE = Path.of("../samples/pixart-mini").toAbsolutePath().normalize();
  private static final String OPERATORS = "is computed by backend native.";

  @TempDir private Path folder;

  private JsonNode sensitivity(String backend) throws IOException {
    Path out = folder.resolve(backend + ".json");
    CommandRun.of(
            "sensitivity",
            "--model",
            SAMPLE.toString(),
            "--prompt",
            "a red circle on a white background",
            "--steps",
            "1",
            "--unit",
            "type",
            "--bits",
            "4",
            "--backend",
            backend,
            "--out",
            out.toString())
        .succeeded();
    return new ObjectMapper().readTree(out.toFile()).path("results");
  }

  /** The same network in other hands: sums round otherwise, so that figures are not the same. */
  @Test
  void sensitivityIsMeasuredOnIt() throws IOException {
    JsonNode there = sensitivity("onnxruntime");
    JsonNode here = sensitivity("native");
    assertThat(there).hasSameSizeAs(here).isNotEmpty();
    assertThat(there).isNotEqualTo(here);
  }

  private ProcessRun run(String... arguments) throws Exception {
    ProcessRun run = ProcessRun.in(Files.createDirectory(folder.resolve("place"))).run(arguments);
    assertThat(run.exitCode()).as(run.stderr()).isZero();
    return run;
  }

  /** Plans with grids of all tokens, which no plugin has, run on operators. */
  @Test
  void theDemoRunsOnItAndSaysWhatDoesNot() throws Exception {
    ProcessRun run =
        run(
            "demo",
            "--plain",
            "--pictures",
            "1",
            "--steps",
            "3",
            "--cache",
            "threshold:9",
            "--backend",
            "onnxruntime");
    assertThat(run.stderr()).containsOnlyOnce(OPERATORS).contains("It is computed by operators.");
    assertThat(folder.resolve("place/demo-out/report.html"))
        .content()
        .contains("W8A8 naive, threshold:9.0");
  }

  @Test
  void whatHasNoUseForItSaysSo() throws Exception {
    ProcessRun run =
        run(
            "calibrate",
            "--model",
            SAMPLE.toString(),
            "--prompt",
            "a red circle",
            "--steps",
            "1",
            "--backend",
            "onnxruntime",
            "--out",
            "stats.safetensors");
    assertThat(run.stderr()).containsOnlyOnce(OPERATORS);
  }
}
