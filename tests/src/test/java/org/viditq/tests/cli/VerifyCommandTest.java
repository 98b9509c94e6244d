package org.viditq.tests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.viditq.tests.verify.PlantedFixture;

/** {@code viditq verify}: what it prints and how it ends. */
class VerifyCommandTest {
  private static final String PASSING = "unpatchify__pixart_3x5_p2.safetensors";

  @TempDir Path folder;

  @Test
  void passingCasesEndWell() throws IOException {
    copy(PASSING);

    CommandRun run = verify().succeeded();

    assertThat(run.stdout()).contains("pass", "unpatchify", "pixart_3x5_p2", "1 of 1 cases passed");
  }

  @Test
  void jsonHasExactlyThePromisedForm() throws IOException {
    copy(PASSING);
    new PlantedFixture().write(folder);
    Files.write(folder.resolve("a.op__torn.safetensors"), new byte[] {1, 2, 3});

    CommandRun run = verify("--json");

    assertThat(run.exitCode()).isEqualTo(1);
    JsonNode report = run.json();
    assertThat(keys(report)).containsExactly("backend", "passed", "failed", "missing", "cases");
    assertThat(report.get("backend").asText()).isEqualTo("reference");
    assertThat(report.get("passed").asInt()).isEqualTo(1);
    assertThat(report.get("failed").asInt()).isEqualTo(1);
    assertThat(report.get("missing").asInt()).isEqualTo(1);
    assertThat(report.get("cases")).hasSize(3);
    for (JsonNode entry : report.get("cases")) {
      assertThat(keys(entry))
          .containsExactly("file", "op", "status", "tensor", "maxAbs", "maxRel", "relL2");
    }

    JsonNode failed = entry(report, "a.op__torn.safetensors");
    assertThat(failed.get("status").asText()).isEqualTo("fail");
    assertThat(failed.get("tensor").isNull()).isTrue();
    assertThat(failed.get("maxAbs").isNull()).isTrue();
    assertThat(entry(report, PlantedFixture.FILE).get("status").asText()).isEqualTo("missing");
    JsonNode passed = entry(report, PASSING);
    assertThat(passed.get("op").asText()).isEqualTo("unpatchify");
    assertThat(passed.get("status").asText()).isEqualTo("pass");
    assertThat(passed.get("tensor").asText()).isEqualTo("output");
    assertThat(passed.get("maxAbs").isNumber()).isTrue();
    assertThat(passed.get("relL2").doubleValue()).isZero();
  }

  @Test
  void missingOpsFailUnlessAllowed() throws IOException {
    copy(PASSING);
    new PlantedFixture().write(folder);

    CommandRun strict = verify();
    CommandRun lenient = verify("--allow-missing");

    assertThat(strict.exitCode()).isEqualTo(1);
    assertThat(strict.stdout()).contains("nothing computes planted.op yet", "1 missing");
    lenient.succeeded();
  }

  @Test
  void allowingMissingOpsExcusesNoFailure() throws IOException {
    byte[] bytes = Files.readAllBytes(Path.of("fixtures", PASSING));
    // The last byte belongs to a float of the last tensor: its sign and most of its exponent.
    bytes[bytes.length - 1] ^= 0x40;
    Files.write(folder.resolve(PASSING), bytes);

    CommandRun run = verify("--allow-missing");

    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.stdout()).contains("1 failed");
  }

  @Test
  void oneFileIsEnough() {
    CommandRun.of("verify", Path.of("fixtures", PASSING).toString(), "--backend", "reference")
        .succeeded();
  }

  /** The reference, too, passes every one, which takes it longer: see GoldenFixturesTest. */
  @Test
  @Tag("slow")
  void nativeBackendPassesEveryCaseThatThereIs() throws IOException {
    JsonNode report =
        CommandRun.of("verify", "fixtures", "--backend", "native", "--json").succeeded().json();

    assertThat(report.get("backend").asText()).isEqualTo("native");
    assertThat(report.get("passed").asInt())
        .isEqualTo(report.get("cases").size())
        .isEqualTo(caseFiles())
        .isGreaterThan(100);
  }

  /** Counted here anew, so that one which the command overlooks is missed. */
  private static int caseFiles() throws IOException {
    try (Stream<Path> files = Files.walk(Path.of("fixtures"))) {
      return (int)
          files.filter(file -> file.toString().matches(".*\\.safetensors|.*cases\\.json")).count();
    }
  }

  @Test
  void wrongRequestsAreOneSentence() {
    CommandRun.of("verify", folder.resolve("nowhere").toString()).failedWith(2);
    verify().failedWith(2);
    CommandRun.of("verify", "fixtures", "--threads", "0").failedWith(2);
    CommandRun.of("verify", "fixtures", "--backend", "abacus").failedWith(2);
    assertThat(
            CommandRun.of("verify", "fixtures", "--backend", "onnxruntime").failedWith(2).stderr())
        .contains("Backend onnxruntime runs whole networks");
  }

  private CommandRun verify(String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("verify", folder.toString(), "--backend", "reference"));
    arguments.addAll(List.of(more));
    return CommandRun.of(arguments.toArray(String[]::new));
  }

  private void copy(String fixture) throws IOException {
    Files.copy(Path.of("fixtures", fixture), folder.resolve(fixture));
  }

  private static List<String> keys(JsonNode object) {
    List<String> keys = new ArrayList<>();
    object.fieldNames().forEachRemaining(keys::add);
    return keys;
  }

  private static JsonNode entry(JsonNode report, String file) {
    for (JsonNode entry : report.get("cases")) {
      if (entry.get("file").asText().equals(file)) {
        return entry;
      }
    }
    throw new AssertionError(file + " is not reported.");
  }
}
