package org.viditq.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.cli.Main;

class ReportOptionsTest {
  @TempDir private Path folder;

  /** Figures of hours must not be lost to a command that is given twice; known before the work. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "gemm --out",
        "pipeline --out",
        "memory --out",
        "stability --out",
        "stability --plot",
        "fuzz --jazzer none --out"
      })
  void filesThatExistAreKept(String command) throws IOException {
    Path earlier = Files.writeString(folder.resolve("earlier"), "mine");
    StringWriter err = new StringWriter();
    String[] arguments =
        Stream.of(Stream.of("bench"), Stream.of(command.split(" ")), Stream.of(earlier.toString()))
            .flatMap(words -> words)
            .toArray(String[]::new);
    assertThat(Main.run(new PrintWriter(new StringWriter()), new PrintWriter(err), arguments))
        .isEqualTo(2);
    assertThat(err.toString()).contains("There is a file", "--force");
    assertThat(earlier).hasContent("mine");
  }
}
