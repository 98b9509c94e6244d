package org.viditq.cli.build;

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

/** Ctrl-C in the middle of a build. */
@Tag("slow")
@Timeout(120)
class InterruptedBuildTest {
  @TempDir Path folder;

  /** Of the graph there is its fingerprint, by which the next build finds out that it has none. */
  @Test
  void nothingIsLeftInTheCacheOfTheEngine() throws Exception {
    interrupt("--cache");
    assertThat(files())
        .singleElement()
        .extracting(file -> folder.relativize(file).getParent())
        .isEqualTo(Path.of("cache", "graphs"));
  }

  @Test
  void nothingIsLeftWhereTheEngineWasToBe() throws Exception {
    interrupt("--out", folder.resolve("new").resolve("x.engine").toString());
    assertThat(files()).isEmpty();
    assertThat(folder.resolve("new")).doesNotExist();
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile).toList();
    }
  }

  private void interrupt(String... arguments) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                // A shell that runs the tests in the background makes them ignore the signal.
                "env",
                "--default-signal=INT",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                EndlessBuild.class.getName(),
                "--model",
                Path.of("..", "..", "samples", "pixart-mini").toString(),
                "--part",
                "vae",
                "--cache-folder",
                folder.resolve("cache").toString()));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try (BufferedReader output =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      StringBuilder said = new StringBuilder();
      for (String line = output.readLine();
          line != null && !line.equals("building");
          line = output.readLine()) {
        said.append(line).append('\n');
      }
      assertThat(files()).as(said.toString()).isNotEmpty();
      new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isEqualTo(130);
    } finally {
      process.destroyForcibly();
    }
  }
}
