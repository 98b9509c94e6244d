package org.viditq.tests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Where a limit of the process is in the way, one sentence names it and what to do; no slower
 * backend steps in, and nothing is left.
 */
@Tag("slow")
@Timeout(300)
class SurroundingsTest {
  private static final String SAMPLE =
      Path.of("../samples/pixart-mini").toAbsolutePath().toString();

  @TempDir private Path temp;
  private Path folder;

  @BeforeEach
  void folder() throws IOException {
    folder = Files.createDirectory(temp.resolve("folder"));
  }

  private static String[] generate(String... more) {
    List<String> command =
        new ArrayList<>(
            List.of("generate", "--model", SAMPLE, "--prompt", "a red ring", "--steps", "2"));
    command.addAll(List.of("--out", "red.png", "--quiet"));
    command.addAll(List.of(more));
    return command.toArray(String[]::new);
  }

  private List<String> left() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  /** With fewer Java itself does not start, which the launcher says (LauncherTest). */
  @ParameterizedTest
  @ValueSource(ints = {60, 100, 127})
  void tooFewOpenFiles(int files) throws Exception {
    ProcessRun.in(folder)
        .shell("ulimit -n " + files + "; exec \"$@\"")
        .run(generate())
        .failedWith("may open " + files + " files only, but needs ", "; raise", "ulimit -n 4096");
    assertThat(left()).isEmpty();
  }

  @Test
  void asManyOpenFilesAsNeeded() throws Exception {
    ProcessRun run = ProcessRun.in(folder).shell("ulimit -n 300; exec \"$@\"").run(generate());
    assertThat(run.exitCode()).as(run.stderr()).isZero();
    assertThat(left()).containsExactly("red.png");
  }

  @ParameterizedTest
  @ValueSource(ints = {8, 16})
  void aTinyHeap(int mebibytes) throws Exception {
    ProcessRun.in(folder)
        .java("-Xmx" + mebibytes + "m")
        .run(generate("--width", "2048", "--height", "2048"))
        .failedWith("Java heap", "VIDITQ_JAVA_OPTS=-Xmx");
    assertThat(left()).isEmpty();
  }

  @Test
  void moreMemoryThanThereIsIsRefusedBeforeTheWork() throws Exception {
    ProcessRun.in(folder)
        .java("-Xmx2g")
        .run(generate("--width", "16384", "--height", "16384"))
        .failedWith("16384 x 16384 pixels needs a Java heap of at least", "-Xmx", "--width");
    assertThat(left()).isEmpty();
  }

  /**
   * In this size pixels count most, and in the small one what the process takes by itself. That
   * depends on Java and the machine, by a hundred megabytes; a model's weights left out would be
   * more in real sizes (docs/running.md).
   */
  @ParameterizedTest
  @CsvSource({"64, --precision=fp32", "384, --precision=fp32", "384, --plan=w8a8"})
  void theMemoryEstimateIsNearWhatItTakes(int side, String option) throws Exception {
    ProcessRun run =
        ProcessRun.in(folder)
            .java("-XX:+UseSerialGC", "-Xms16m", "-Xmx1g")
            .run(generate("--width", "" + side, "--height", "" + side, option, "--json"));
    assertThat(run.exitCode()).as(run.stderr()).isZero();
    JsonNode json = new ObjectMapper().readTree(run.stdout());
    double estimate = json.path("estimatedMemoryBytes").asDouble();
    double peak = json.path("peakMemoryBytes").asDouble();
    assertThat(peak / estimate).as("%.0f of %.0f bytes", peak, estimate).isBetween(0.8, 2.0);
  }

  @Test
  void aLimitOfFileSizes() throws Exception {
    ProcessRun.in(folder)
        .shell("ulimit -f 2; exec \"$@\"")
        .run(generate())
        .failedWith("red.png", "larger than the limit of 2048 bytes", "ulimit -f unlimited");
    assertThat(left()).isEmpty();
  }

  /** Root may write everywhere; below a device nobody can. */
  @Test
  void nowhereToUnpackTheLibrary() throws Exception {
    ProcessRun.in(folder)
        .java("-Dorg.bytedeco.javacpp.cachedir=/dev/null")
        .run(generate())
        .failedWith("Backend native cannot run here", "/dev/null", "VIDITQ_JAVA_OPTS=-D");
    ProcessRun.in(folder)
        .java("-Duser.home=/dev/null", "-Djava.io.tmpdir=/dev/null")
        .run(generate())
        .failedWith(
            "Backend native cannot run here",
            "no folder of this user alone",
            "VIDITQ_JAVA_OPTS=-D");
    assertThat(left()).isEmpty();
  }

  /** The user of a container may have no name, and the home "?". */
  @ParameterizedTest
  @ValueSource(strings = {"?", "/nonexistent"})
  void aUserWithoutHome(String home) throws Exception {
    Path temporary = Files.createDirectory(temp.resolve("temporary"));
    ProcessRun run =
        ProcessRun.in(folder)
            .java("-Duser.home=" + home, "-Djava.io.tmpdir=" + temporary)
            .run(generate("--backend", "native"));
    assertThat(run.exitCode()).as(run.stderr()).isZero();
    assertThat(run.stderr()).isEmpty();
    assertThat(left()).containsExactly("red.png");
  }
}
