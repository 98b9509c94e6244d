package org.viditq.tests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Work that several processes share, or that is done in parts, ends with the bytes of one. */
@Timeout(value = 900, unit = TimeUnit.SECONDS)
class WorkersTest {
  private static final String SAMPLE = "../samples/pixart-mini";

  @TempDir private Path folder;

  private static String[] with(List<String> common, Path out, String... more) {
    List<String> arguments = new ArrayList<>(common);
    arguments.addAll(List.of("--out", out.toString()));
    arguments.addAll(List.of(more));
    return arguments.toArray(String[]::new);
  }

  private static final List<String> SENSITIVITY =
      List.of(
          "sensitivity",
          "--model",
          SAMPLE,
          "--prompt",
          "a large red circle on a white background",
          "--steps",
          "2",
          "--unit",
          "type",
          "--bits",
          "8,4");

  private static final List<String> CALIBRATE =
      List.of(
          "calibrate",
          "--model",
          SAMPLE,
          "--prompt",
          "a red ring",
          "--prompt",
          "a large blue star on a white background",
          "--prompt",
          "a star",
          "--steps",
          "5");

  private static final List<String> EVALUATE =
      List.of(
          "evaluate",
          "--model",
          SAMPLE,
          "--prompt",
          "a red ring",
          "--prompt",
          "a star",
          "--steps",
          "2",
          "--plan",
          "w8a8",
          "--plan",
          "w4a8-dynamic");

  @Test
  @Tag("slow")
  void aSweepWhoseWorkerIsKilledGoesOnToTheSameBytes() throws Exception {
    Path whole = folder.resolve("whole.json");
    CommandRun.of(with(SENSITIVITY, whole)).succeeded();
    Path shared = folder.resolve("shared.json");
    Path errors = folder.resolve("errors");
    Process process = ChildJava.viditq(errors, with(SENSITIVITY, shared, "--workers", "2"));
    try {
      Optional<ProcessHandle> worker = Optional.empty();
      while (worker.isEmpty()) {
        assertThat(process.isAlive()).as(Files.readString(errors)).isTrue();
        Thread.sleep(20);
        worker = process.children().findAny();
      }
      worker.get().destroyForcibly();
      assertThat(process.waitFor()).as(Files.readString(errors)).isZero();
    } finally {
      process.destroyForcibly();
    }
    assertThat(shared).hasSameBinaryContentAs(whole);
    assertThat(folder.resolve(".shared.json.partial")).doesNotExist();
  }

  @Test
  @Tag("slow")
  void calibrationInWorkersAndInParts() throws Exception {
    Path whole = folder.resolve("whole.safetensors");
    CommandRun.of(with(CALIBRATE, whole)).succeeded();
    Path shared = folder.resolve("shared.safetensors");
    CommandRun run = CommandRun.of(with(CALIBRATE, shared, "--workers", "2")).succeeded();
    assertThat(run.stderr()).doesNotContain("depends on the others");
    assertThat(shared).hasSameBinaryContentAs(whole);

    Path halves = folder.resolve("halves.safetensors");
    CommandRun.of(with(CALIBRATE, halves, "--part", "2/2")).succeeded();
    CommandRun.of(with(CALIBRATE, halves, "--part", "1/2")).succeeded();
    assertThat(halves).doesNotExist();
    CommandRun.of(with(CALIBRATE, halves)).succeeded();
    assertThat(halves).hasSameBinaryContentAs(whole);
  }

  @Test
  @Tag("slow")
  void evaluationInWorkersAndInParts() throws Exception {
    Path whole = folder.resolve("whole");
    CommandRun.of(with(EVALUATE, whole)).succeeded();
    Path shared = folder.resolve("shared");
    CommandRun.of(with(EVALUATE, shared, "--workers", "2")).succeeded();
    assertThat(pictures(shared)).isEqualTo(pictures(whole));

    Path halves = folder.resolve("halves");
    CommandRun.of(with(EVALUATE, halves, "--part", "1/2")).succeeded();
    CommandRun.of(with(EVALUATE, halves, "--part", "2/2")).succeeded();
    assertThat(halves).doesNotExist();
    CommandRun.of(with(EVALUATE, halves)).succeeded();
    assertThat(pictures(halves)).isEqualTo(pictures(whole));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--workers 0|--workers is 0",
        "--workers 1000|--workers is 1000",
        "--workers 2 --part 1/2|not both",
        "--workers 2 --spark local[2]|not both",
        "--spark-conf spark.a=b|goes with --spark",
        "--spark local[2] --spark-conf master=b|begin with 'spark.'"
      })
  void wrongUsageIsOneSentence(String options, String words) {
    CommandRun run =
        CommandRun.of(with(CALIBRATE, folder.resolve("c.safetensors"), options.split(" ")))
            .failedWith(2);
    assertThat(run.stderr()).contains(words);
  }

  @Test
  void resultsOfAnEvaluationNeedAPlace() {
    List<String> arguments = new ArrayList<>(EVALUATE);
    arguments.addAll(List.of("--workers", "2"));
    assertThat(CommandRun.of(arguments.toArray(String[]::new)).failedWith(2).stderr())
        .contains("need --out");
  }

  private static Map<String, String> pictures(Path place) throws IOException {
    Map<String, String> contents = new TreeMap<>();
    try (Stream<Path> tree = Files.walk(place)) {
      for (Path file : tree.filter(path -> path.toString().endsWith(".png")).toList()) {
        contents.put(
            place.relativize(file).toString(),
            java.util.Base64.getEncoder().encodeToString(Files.readAllBytes(file)));
      }
    }
    assertThat(contents).hasSizeGreaterThan(8);
    return contents;
  }
}
