package org.viditq.cli;

import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.OptionalLong;
import org.viditq.cli.bench.Benchmarks;
import org.viditq.cli.console.StandardOutput;
import org.viditq.cli.error.ErrorReporter;
import org.viditq.cli.option.ArgumentWords;
import org.viditq.cli.serve.Server;
import org.viditq.core.machine.ProcessLimits;
import org.viditq.core.machine.UserFolder;
import picocli.CommandLine;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** Entry point of the {@code viditq} command. */
public final class Main {
  /** Files that are open at a time beside the jars: modules, libraries, a checkpoint in shards. */
  private static final int FILES_BESIDE_JARS = 64;

  private static final String TOKENIZERS_FOLDER = "DJL_CACHE_DIR";
  private static final String TERMINAL_FOLDER = "jna.tmpdir";

  private Main() {}

  public static void main(String[] args) {
    int code;
    try {
      code = start(args);
    } catch (OutOfMemoryError tooSmallToSaySo) {
      // In words that need no memory.
      System.err.println(
          "viditq: The Java heap is too small to start; give it more with"
              + " VIDITQ_JAVA_OPTS=-Xmx8g.");
      code = ErrorReporter.FAILED;
    }
    System.exit(code);
  }

  private static int start(String[] args) {
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    // Before anything else: without files no class can be read that could tell.
    OptionalLong files = ProcessLimits.current().openFiles();
    long needed =
        System.getProperty("java.class.path").split(File.pathSeparator).length + FILES_BESIDE_JARS;
    if (files.isPresent() && files.getAsLong() < needed) {
      err.println(
          "viditq: This process may open "
              + files.getAsLong()
              + " files only, but needs "
              + needed
              + "; raise the limit with 'ulimit -n 4096'.");
      return ErrorReporter.FAILED;
    }
    findFolderForLibraries();
    StandardOutput stdout = StandardOutput.ofProcess();
    int code = run(stdout.writer(), err, args);
    return stdout
        .failure()
        .map(reason -> new ErrorReporter(err, false).reportLostOutput(reason, code))
        .orElse(code);
  }

  /** They would unpack themselves into a folder "?" for a user without a home. */
  private static void findFolderForLibraries() {
    if (UserFolder.isHomeUsable()) {
      return;
    }
    try {
      if (System.getenv(TOKENIZERS_FOLDER) == null) {
        System.setProperty(TOKENIZERS_FOLDER, UserFolder.temporary().resolve("djl").toString());
      }
      System.setProperty(TERMINAL_FOLDER, UserFolder.temporary().toString());
    } catch (IOException nowhere) {
      // Whoever needs it will say so.
    }
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
    try {
      return commandLine()
          .setOut(out)
          .setErr(err)
          .setParameterExceptionHandler(new Reporting(errors))
          .setExecutionExceptionHandler(new Reporting(errors))
          .execute(args);
    } catch (OutOfMemoryError | StackOverflowError | LinkageError failure) {
      return errors.report(failure, "viditq");
    } finally {
      out.flush();
      err.flush();
    }
  }

  /** All commands, and how their arguments are read. */
  public static CommandLine commandLine() {
    CommandLine commandLine =
        new CommandLine(new ViditqCommand())
            .addSubcommand(Server.find())
            .addSubcommand(Benchmarks.find())
            .addSubcommand(new HelpCommand())
            .setUsageHelpWidth(100)
            .setUsageHelpLongOptionsMaxWidth(36)
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setAbbreviatedOptionsAllowed(false)
            .setOverwrittenOptionsAllowed(false);
    commandLine
        .getSubcommands()
        .get("help")
        .getCommandSpec()
        .usageMessage()
        .header("Show the help of a command.");
    ArgumentWords.use(commandLine);
    return commandLine;
  }

  /** No lambdas, for the reason that {@link ArgumentWords} gives. */
  private record Reporting(ErrorReporter errors)
      implements IParameterExceptionHandler, IExecutionExceptionHandler {
    @Override
    public int handleParseException(ParameterException failure, String[] args) {
      return errors.reportUsage(failure, args);
    }

    @Override
    public int handleExecutionException(
        Exception failure, CommandLine command, ParseResult parsed) {
      return errors.report(failure, command.getCommandName());
    }
  }
}
