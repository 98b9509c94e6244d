package org.viditq.tests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Bad input: one clear sentence on standard error, exit code 1 or 2, never a stack trace. */
class CommandLineErrorsTest {
  @Test
  void noCommand() {
    assertThat(CommandRun.of().failedWith(2).stderr()).contains("inspect", "viditq --help");
  }

  @Test
  void unknownCommandIsCorrected() {
    assertThat(CommandRun.of("inspct").failedWith(2).stderr()).contains("did you mean inspect");
  }

  @Test
  void unknownOptionIsCorrected() {
    assertThat(CommandRun.of("inspect", "x", "--sumary").failedWith(2).stderr())
        .contains("Unknown option --sumary", "did you mean --summary", "viditq inspect --help");
  }

  @Test
  void helpAndVersionGoToStandardOutput() {
    assertThat(CommandRun.of("--help").succeeded().stdout()).contains("Commands:");
    assertThat(CommandRun.of("--version").succeeded().stdout()).startsWith("viditq ");
    assertThat(CommandRun.of("inspect", "--help").succeeded().stdout()).contains("Examples:");
  }
}
