package org.viditq.tests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.viditq.cli.Main;

/**
 * What a command did, run inside this virtual machine.
 *
 * @param exitCode 0 done, 2 wrong usage, 1 failed
 */
record CommandRun(int exitCode, String stdout, String stderr) {
  static CommandRun of(String... arguments) {
    // As the launcher does; tests run in the folder of their module.
    System.setProperty("viditq.home", "..");
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = Main.run(new PrintWriter(out), new PrintWriter(err), arguments);
    return new CommandRun(code, out.toString(), err.toString());
  }

  /** Fails the test unless the command ended well. */
  CommandRun succeeded() {
    assertThat(exitCode).as(stderr).isZero();
    return this;
  }

  /** Fails the test unless the command ended with {@code code} and one sentence. */
  CommandRun failedWith(int code) {
    assertThat(exitCode).as(stderr).isEqualTo(code);
    assertThat(stdout).isEmpty();
    assertThat(stderr).startsWith("viditq: ").hasLineCount(1);
    assertThat(stderr.strip()).matches(".*[.?]$");
    assertThat(stderr).doesNotContain("Exception").doesNotContain("Internal error");
    return this;
  }

  /** Standard output, which must be one JSON document. */
  JsonNode json() {
    try {
      return new ObjectMapper().readTree(stdout);
    } catch (JsonProcessingException malformed) {
      throw new AssertionError("Not JSON: " + stdout, malformed);
    }
  }
}
