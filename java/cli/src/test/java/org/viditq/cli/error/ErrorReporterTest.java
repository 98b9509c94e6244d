package org.viditq.cli.error;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.viditq.core.error.InvalidPlanException;
import org.viditq.core.error.UsageException;

class ErrorReporterTest {
  private final StringWriter err = new StringWriter();

  @Test
  void aFailureIsOneSentenceAndExitCodeOne() {
    int code = report(false, new InvalidPlanException("Plan p is empty."));
    assertThat(code).isEqualTo(1);
    assertThat(err.toString()).isEqualToNormalizingNewlines("viditq: Plan p is empty.\n");
  }

  @Test
  void wrongUsageIsExitCodeTwo() {
    assertThat(report(false, new UsageException("The prompt is empty."))).isEqualTo(2);
  }

  @Test
  void debugAddsTheStackTrace() {
    report(true, new InvalidPlanException("Plan p is empty."));
    assertThat(err.toString())
        .startsWith("viditq: Plan p is empty.")
        .contains("InvalidPlanException: Plan p is empty.")
        .contains("at org.viditq.cli.error.ErrorReporterTest");
  }

  @Test
  void aFullHeapIsToldWithWhatToDo() {
    assertThat(report(false, new OutOfMemoryError("Java heap space"))).isEqualTo(1);
    assertThat(err.toString())
        .contains("The Java heap of ")
        .contains("VIDITQ_JAVA_OPTS=-Xmx8g")
        .hasLineCount(1);
  }

  @Test
  void anUnexpectedExceptionIsCalledInternal() {
    assertThat(report(false, new NullPointerException("la\n  yer"))).isEqualTo(1);
    assertThat(err.toString())
        .contains("Internal error in 'generate' (NullPointerException: la yer)")
        .contains("--debug")
        .hasLineCount(1);
  }

  @Test
  void aMissingNativeLibraryIsNotAStackTrace() {
    assertThat(report(false, new UnsatisfiedLinkError("no jnifoo"))).isEqualTo(1);
    assertThat(err.toString())
        .contains("no jnifoo")
        .contains("--backend reference")
        .hasLineCount(1);
  }

  private int report(boolean debug, Throwable failure) {
    PrintWriter writer = new PrintWriter(err);
    int code = new ErrorReporter(writer, debug).report(failure, "generate");
    writer.flush();
    return code;
  }
}
