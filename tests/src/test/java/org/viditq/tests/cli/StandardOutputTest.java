package org.viditq.tests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Results that cannot be printed are an error; a reader that has enough is none. */
@Tag("slow")
@Timeout(300)
class StandardOutputTest {
  private static final String SAMPLE =
      Path.of("../samples/pixart-mini").toAbsolutePath().toString();

  @TempDir private Path temp;
  private Path folder;

  @BeforeEach
  void folder() throws IOException {
    folder = Files.createDirectory(temp.resolve("folder"));
  }

  static Stream<List<String>> commands() {
    return Stream.of(
        List.of("--version"),
        List.of("generate", "--help"),
        List.of("inspect", SAMPLE, "--summary"),
        List.of("inspect", SAMPLE, "--json"));
  }

  @ParameterizedTest
  @MethodSource("commands")
  void aFullDiskIsAnError(List<String> command) throws Exception {
    ProcessRun.in(folder)
        .shell("exec \"$@\" >/dev/full")
        .run(command.toArray(String[]::new))
        .failedWith("Cannot write to standard output: no space left on device");
  }

  @ParameterizedTest
  @MethodSource("commands")
  void aClosedPipeIsQuiet(List<String> command) throws Exception {
    ProcessRun run =
        ProcessRun.in(folder)
            .shell("\"$@\" | true; exit ${PIPESTATUS[0]}")
            .run(command.toArray(String[]::new));
    assertThat(run).isEqualTo(new ProcessRun(0, "", ""));
  }
}
