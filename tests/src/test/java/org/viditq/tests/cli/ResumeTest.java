package org.viditq.tests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A run that is killed is gone on with, to the same bytes as one that is not. */
@Tag("slow")
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class ResumeTest {
  private static final String SAMPLE = "../samples/pixart-mini";

  /** Of one process that nobody kills. */
  @TempDir private static Path shared;

  private static Path whole;

  @TempDir private Path folder;

  @BeforeAll
  static void oneProcess() {
    whole = shared.resolve("whole.safetensors");
    CommandRun.of(calibrate(whole)).succeeded();
  }

  private static String[] calibrate(Path out, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "calibrate",
                "--model",
                SAMPLE,
                "--prompt",
                "a red ring",
                "--prompt",
                "a star",
                "--steps",
                "12",
                "--out",
                out.toString()));
    arguments.addAll(List.of(more));
    return arguments.toArray(String[]::new);
  }

  private String[] evaluate(Path out) {
    return new String[] {
      "evaluate",
      "--model",
      SAMPLE,
      "--prompt",
      "a red ring",
      "--prompt",
      "a star",
      "--prompt",
      "a blue square",
      "--steps",
      "6",
      "--plan",
      "w8a8",
      "--plan",
      "w4a8-dynamic",
      "--out",
      out.toString()
    };
  }

  @Test
  void calibration() throws Exception {
    Path broken = folder.resolve("broken.safetensors");
    KilledRun.after(
        3,
        folder.resolve(".broken.safetensors.partial"),
        folder.resolve("errors"),
        calibrate(broken));
    assertThat(broken).doesNotExist();

    CommandRun second = CommandRun.of(calibrate(broken)).succeeded();
    assertThat(second.stderr()).contains("Going on with").contains("--no-resume");
    assertThat(broken).hasSameBinaryContentAs(whole);
    assertThat(folder.resolve(".broken.safetensors.partial")).doesNotExist();
  }

  /** Killed thrice, wherever it is then; and in halves, each of which is killed once. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2})
  void calibrationKilledAtRandomMoments(long seed) throws Exception {
    Random random = new Random(seed);
    Path errors = folder.resolve("errors");

    Path broken = folder.resolve("broken.safetensors");
    Path partial = folder.resolve(".broken.safetensors.partial");
    int parts = 0;
    for (int kill = 0; kill < 3; kill++) {
      parts += 1 + random.nextInt(3);
      KilledRun.after(parts, random.nextInt(40), partial, errors, calibrate(broken));
      assertThat(broken).doesNotExist();
    }
    CommandRun.of(calibrate(broken)).succeeded();
    assertThat(broken).hasSameBinaryContentAs(whole);
    assertThat(partial).doesNotExist();

    Path halves = folder.resolve("halves.safetensors");
    Path halvesPartial = folder.resolve(".halves.safetensors.partial");
    for (String part : List.of("2/2", "1/2")) {
      // Anything between the start of the process and its end.
      KilledRun.after(
          0, random.nextInt(1500), halvesPartial, errors, calibrate(halves, "--part", part));
      CommandRun.of(calibrate(halves, "--part", part)).succeeded();
      assertThat(halves).doesNotExist();
    }
    CommandRun.of(calibrate(halves)).succeeded();
    assertThat(halves).hasSameBinaryContentAs(whole);
    assertThat(halvesPartial).doesNotExist();
  }

  @Test
  void calibrationWithOtherSettingsTakesNothingOfIt() throws Exception {
    Path other = folder.resolve("other.safetensors");
    CommandRun.of(calibrate(other, "--guidance", "2")).succeeded();
    Path broken = folder.resolve("broken.safetensors");
    KilledRun.after(
        3,
        folder.resolve(".broken.safetensors.partial"),
        folder.resolve("errors"),
        calibrate(broken));

    CommandRun.of(calibrate(broken, "--guidance", "2")).succeeded();
    assertThat(broken).hasSameBinaryContentAs(other);
    assertThat(folder.resolve(".broken.safetensors.partial")).doesNotExist();
  }

  @Test
  void calibrationBeginsAnewWhereThatIsWanted() throws Exception {
    Path broken = folder.resolve("broken.safetensors");
    Path partial = folder.resolve(".broken.safetensors.partial");
    KilledRun.after(2, partial, folder.resolve("errors"), calibrate(broken));
    CommandRun run = CommandRun.of(calibrate(broken, "--no-resume")).succeeded();
    assertThat(run.stderr()).doesNotContain("Going on");
    assertThat(partial).doesNotExist();
  }

  @Test
  void evaluation() throws Exception {
    Path unbroken = folder.resolve("unbroken");
    CommandRun.of(evaluate(unbroken)).succeeded();
    Path broken = folder.resolve("broken");
    Path partial = folder.resolve(".broken.partial");
    KilledRun.after(4, partial, folder.resolve("errors"), evaluate(broken));
    assertThat(broken).doesNotExist();
    // One of them was damaged meanwhile.
    try (Stream<Path> parts = Files.list(partial)) {
      Path part = parts.sorted().findFirst().orElseThrow();
      byte[] bytes = Files.readAllBytes(part);
      bytes[bytes.length - 1] ^= 0x55;
      Files.write(part, bytes);
    }

    CommandRun.of(evaluate(broken)).succeeded();
    assertThat(pictures(broken)).isEqualTo(pictures(unbroken));
    assertThat(partial).doesNotExist();
  }

  /** All pictures, by name. */
  private static Map<String, List<Byte>> pictures(Path folder) throws IOException {
    Map<String, List<Byte>> contents = new TreeMap<>();
    try (Stream<Path> tree = Files.walk(folder)) {
      for (Path file : tree.filter(path -> path.toString().endsWith(".png")).toList()) {
        List<Byte> bytes = new ArrayList<>();
        for (byte value : Files.readAllBytes(file)) {
          bytes.add(value);
        }
        contents.put(folder.relativize(file).toString(), bytes);
      }
    }
    assertThat(contents).hasSizeGreaterThan(10);
    return contents;
  }
}
