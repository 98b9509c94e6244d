package org.viditq.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.viditq.cli.bench.Benchmarks;
import org.viditq.cli.error.ErrorReporter;
import org.viditq.cli.option.NumberWords;
import picocli.CommandLine;

/** Entry point of the {@code viditq} command. */
public final class Main {
  private Main() {}

  public static void main(String[] args) {
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    System.exit(run(out, err, args));
  }

  /**
   * Runs one command.
   *
   * @param out receives results
   * @param err receives progress and errors
   * @return the exit code: 0 done, 2 wrong usage, 1 failed
   */
  public static int run(PrintWriter out, PrintWriter err, String... args) {
    ErrorReporter errors = new ErrorReporter(err, Arrays.asList(args).contains("--debug"));
    CommandLine commandLine =
        new CommandLine(new ViditqCommand())
            .addSubcommand(Benchmarks.find())
            .setOut(out)
            .setErr(err)
            .setUsageHelpWidth(100)
            .setUsageHelpLongOptionsMaxWidth(36)
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setAbbreviatedOptionsAllowed(false)
            .setOverwrittenOptionsAllowed(false)
            .setParameterExceptionHandler(errors::reportUsage)
            .setExecutionExceptionHandler(
                (failure, command, parsed) -> errors.report(failure, command.getCommandName()));
    NumberWords.use(commandLine);
    try {
      return commandLine.execute(args);
    } catch (OutOfMemoryError | StackOverflowError | LinkageError failure) {
      return errors.report(failure, "viditq");
    } finally {
      out.flush();
      err.flush();
    }
  }
}
