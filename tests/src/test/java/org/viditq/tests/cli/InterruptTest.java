package org.viditq.tests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
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
import org.viditq.cli.Main;

/** Ctrl-C in the middle of the work leaves nothing half-written. */
@Tag("slow")
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class InterruptTest {
  private static final String SAMPLE = "../samples/pixart-mini";

  @TempDir private Path folder;

  @Test
  void aPictureInTheMaking() throws Exception {
    interruptWhileDenoising(
        "generate",
        "--model",
        SAMPLE,
        "--prompt",
        "a red ring",
        "--steps",
        "100",
        // Slow enough to be met in the middle.
        "--backend",
        "reference",
        "--out",
        folder + "/new/red.png");
  }

  @Test
  void aFolderOfPicturesInTheMaking() throws Exception {
    interruptWhileDenoising(
        "generate",
        "--model",
        SAMPLE,
        "--prompt",
        "a red ring",
        "--prompt",
        "a star",
        "--batch",
        "1",
        "--steps",
        "100",
        // Slow enough to be met in the middle.
        "--backend",
        "reference",
        "--out",
        folder + "/pictures");
  }

  /** Calibration alone is eight prompts, long enough on the fastest backend. */
  @Test
  void theDemoInTheMaking() throws Exception {
    interruptWhileDenoising("demo", "--steps", "40", "--out", folder + "/demo");
  }

  @Test
  void whatWasThereBeforeStays() throws Exception {
    Path before = Files.writeString(folder.resolve("red.png"), "an older picture");
    interrupt(
        start(
            "generate",
            "--model",
            SAMPLE,
            "--prompt",
            "a red ring",
            "--steps",
            "100",
            "--backend",
            "reference",
            "--force",
            "--out",
            before.toString()));
    assertThat(before).hasContent("an older picture");
    assertThat(left()).containsExactly("red.png");
  }

  private void interruptWhileDenoising(String... arguments) throws Exception {
    interrupt(start(arguments));
    assertThat(left()).isEmpty();
  }

  private static Process start(String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                // A shell that runs the tests in the background makes them ignore the signal.
                "env", "--default-signal=INT"));
    command.addAll(ChildJava.command());
    command.addAll(
        List.of(
            "-Dviditq.home=..",
            "-Dviditq.progress.seconds=0",
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
  }

  /** Sends SIGINT as soon as the first progress of denoising is shown. */
  private void interrupt(Process process) throws Exception {
    try (BufferedReader errors =
        new BufferedReader(
            new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8))) {
      List<String> lines = new ArrayList<>();
      String line;
      do {
        line = errors.readLine();
        lines.add(line);
      } while (line != null && !line.startsWith("Denoising"));
      assertThat(line).as("progress of denoising; got %s", lines).isNotNull();
      assertThat(left()).as("a temporary name is in use").isNotEmpty();

      new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isEqualTo(130);
    } finally {
      process.destroyForcibly();
    }
  }

  private List<String> left() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
