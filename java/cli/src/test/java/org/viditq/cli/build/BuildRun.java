package org.viditq.cli.build;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.stream.Stream;
import org.viditq.cli.error.ErrorReporter;
import org.viditq.tensorrt.build.EngineBuilder;
import picocli.CommandLine;

/** What the command did with a builder that needs no GPU. */
record BuildRun(int exitCode, String stdout, String stderr) {
  static BuildRun of(EngineBuilder builder, Object... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = run(builder, new PrintWriter(out), new PrintWriter(err), arguments);
    return new BuildRun(code, out.toString(), err.toString());
  }

  /** As the program does it. */
  static int run(EngineBuilder builder, PrintWriter out, PrintWriter err, Object... arguments) {
    ErrorReporter errors = new ErrorReporter(err, false);
    CommandLine command =
        new CommandLine(new BuildCommand((tensorRt, plugins, cache) -> builder))
            .setOut(out)
            .setErr(err)
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setParameterExceptionHandler(errors::reportUsage)
            .setExecutionExceptionHandler(
                (failure, line, parsed) -> errors.report(failure, "build"));
    return command.execute(Stream.of(arguments).map(Object::toString).toArray(String[]::new));
  }

  BuildRun succeeded() {
    assertThat(exitCode).as(stderr).isZero();
    return this;
  }

  /** One sentence, which may follow notes. */
  BuildRun failedWith(int code, String... words) {
    assertThat(exitCode).as(stderr).isEqualTo(code);
    String last = stderr.lines().reduce((first, second) -> second).orElse("");
    assertThat(last).startsWith("viditq: ").contains(words).doesNotContain("Internal error");
    assertThat(last).matches(".*[.?]$");
    return this;
  }
}
