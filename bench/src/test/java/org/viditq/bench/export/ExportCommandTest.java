package org.viditq.bench.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.viditq.bench.process.CommandProcess;
import org.viditq.cli.Main;
import org.viditq.core.error.BackendException;

class ExportCommandTest {
  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... args) {
    String[] command =
        Stream.concat(Stream.of("bench", "export"), Stream.of(args)).toArray(String[]::new);
    return Main.run(new PrintWriter(out), new PrintWriter(err), command);
  }

  @Test
  void wrongRequestsAreRefusedBeforeAnyWork() {
    assertThat(run("--models", "nothing")).isEqualTo(2);
    assertThat(err.toString()).contains("There is no model nothing; choose among");
    assertThat(run("--plans", "w3a3", "--scratch", folder.toString())).isEqualTo(2);
    assertThat(err.toString()).contains("w3a3");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void theMemoryOfACommandIsSeen() {
    CommandProcess.Peak peak = CommandProcess.run(folder.resolve("log"), "--version");
    assertThat(peak.anonymous()).isBetween(1L << 20, 1L << 30);
    assertThat(peak.resident()).isBetween(peak.anonymous(), 1L << 30);
    assertThat(folder.resolve("log")).content().contains("viditq");
  }

  @Test
  void aCommandThatFailsTellsWhy() {
    assertThatThrownBy(
            () -> CommandProcess.run(folder.resolve("log"), "export", "--model", "nowhere"))
        .isInstanceOf(BackendException.class)
        .hasMessageStartingWith("viditq export has failed: ");
  }
}
