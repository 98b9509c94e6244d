package org.viditq.bench.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.viditq.bench.CommandLine;
import org.viditq.bench.process.CommandProcess;
import org.viditq.core.error.BackendException;

class ExportCommandTest {
  @TempDir private Path folder;
  private final CommandLine bench = new CommandLine("bench", "export");

  @Test
  void wrongRequestsAreRefusedBeforeAnyWork() {
    assertThat(bench.run("--models", "nothing")).isEqualTo(2);
    assertThat(bench.err()).contains("There is no model nothing; choose among");
    assertThat(bench.run("--plans", "w3a3", "--scratch", folder.toString())).isEqualTo(2);
    assertThat(bench.err()).contains("w3a3");
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
