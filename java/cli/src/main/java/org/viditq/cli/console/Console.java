package org.viditq.cli.console;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.stream.Collectors;
import org.viditq.cli.option.CommonOptions;
import org.viditq.core.error.Printable;
import picocli.CommandLine.Model.CommandSpec;

/**
 * Where a command prints: results to standard output, progress and notes to standard error.
 *
 * <p>With {@code --json} standard output carries exactly one JSON object.
 */
public final class Console {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private final PrintWriter out;
  private final PrintWriter err;
  private final CommonOptions options;
  private final ProgressPace pace = ProgressPace.ofProcess();

  public Console(CommandSpec spec, CommonOptions options) {
    this.out = spec.commandLine().getOut();
    this.err = spec.commandLine().getErr();
    this.options = options;
    LogLevels.apply(options);
  }

  /** Whether details are wanted. */
  public boolean debug() {
    return options.debug;
  }

  /**
   * Prints a line of the result; nothing with {@code --json}. What a terminal would obey is
   * escaped, as the line may hold names from files.
   */
  public void result(String line) {
    if (!options.json) {
      out.println(Printable.line(line));
    }
  }

  /** Prints the result as JSON; nothing without {@code --json}. */
  public void result(ObjectNode object) {
    if (options.json) {
      out.println(toJson(object));
    }
  }

  /** Says on standard error what happens now; nothing with {@code --json} or {@code --quiet}. */
  public void note(String line) {
    if (!options.json && !options.quiet) {
      err.println(Printable.line(line));
    }
  }

  /**
   * Starts to show the progress of {@code total} units: a bar on a terminal, otherwise at most a
   * line in ten seconds; nothing with {@code --json} or {@code --quiet}.
   */
  public Progress progress(String task, long total) {
    if (options.json || options.quiet) {
      return Progress.NONE;
    }
    return onTerminal() ? new BarProgress(task, total) : new LineProgress(err, pace, task, total);
  }

  /**
   * Indented JSON as written by every command, with what a terminal would obey as {@code \\u}
   * escapes: outside of strings JSON has nothing of that.
   */
  public static String toJson(ObjectNode object) {
    try {
      return JSON.writeValueAsString(object)
          .lines()
          .map(Printable::line)
          .collect(Collectors.joining("\n"));
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /** A new empty JSON object. */
  public static ObjectNode object() {
    return JSON.createObjectNode();
  }

  /** The launcher knows whether standard error is a terminal; Java alone knows it only for both. */
  private static boolean onTerminal() {
    String told = System.getProperty("viditq.terminal");
    return told == null ? System.console() != null : Boolean.parseBoolean(told);
  }
}
