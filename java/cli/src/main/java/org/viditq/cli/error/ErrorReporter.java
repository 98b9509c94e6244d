package org.viditq.cli.error;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.stream.Collectors;
import org.viditq.core.error.Printable;
import org.viditq.core.error.UsageException;
import org.viditq.core.error.ViditqException;
import org.viditq.core.io.AtomicOutput;
import picocli.CommandLine;

/**
 * Prints a failure as one sentence, {@code viditq: …}, and chooses the exit code. A stack trace
 * follows only with {@code --debug}.
 */
public final class ErrorReporter {
  /** The request is wrong. */
  public static final int WRONG_USAGE = 2;

  /** The request is right but could not be done. */
  public static final int FAILED = 1;

  /** Characters of a sentence; names are bounded where they are put into it, sums of them here. */
  private static final int MAX_SENTENCE = 2000;

  private final PrintWriter err;
  private final boolean debug;

  public ErrorReporter(PrintWriter err, boolean debug) {
    this.err = err;
    this.debug = debug;
  }

  /** Reports arguments that could not be parsed. */
  public int reportUsage(CommandLine.ParameterException failure, String[] args) {
    if (failure.getCause() instanceof ViditqException) {
      print(failure.getCause().getMessage(), failure);
      return WRONG_USAGE;
    }
    String command = failure.getCommandLine().getCommandSpec().qualifiedName();
    print(withoutPeriod(usageMessage(failure)) + "; see '" + command + " --help'.", failure);
    return WRONG_USAGE;
  }

  /** Reports a failure of {@code command} while it ran. */
  public int report(Throwable failure, String command) {
    // What fails because the program is being stopped is nobody's business.
    if (!AtomicOutput.isStopping()) {
      print(sentence(failure, command), failure);
    }
    return failure instanceof UsageException ? WRONG_USAGE : FAILED;
  }

  /**
   * Reports that results could not be printed.
   *
   * @param reason a clause
   * @param code of the command otherwise
   */
  public int reportLostOutput(String reason, int code) {
    err.println(
        "viditq: Cannot write to standard output: "
            + Printable.line(reason)
            + "; what was printed there is lost.");
    err.flush();
    return code == 0 ? FAILED : code;
  }

  private void print(String sentence, Throwable failure) {
    err.println("viditq: " + bounded(Printable.line(onOneLine(sentence))));
    if (debug) {
      StringWriter trace = new StringWriter();
      failure.printStackTrace(new PrintWriter(trace));
      trace
          .toString()
          .lines()
          .forEach(line -> err.println(Printable.line(line.replace("\t", "    "))));
    }
    err.flush();
  }

  private static String sentence(Throwable failure, String command) {
    if (failure instanceof ViditqException && failure.getMessage() != null) {
      return failure.getMessage();
    }
    return LimitSentence.find(failure)
        .orElseGet(
            () -> {
              if (failure instanceof LinkageError) {
                return "A native library cannot be loaded on this machine ("
                    + describe(failure)
                    + "); run '"
                    + command
                    + "' again with --debug for details, or choose --backend reference.";
              }
              return "Internal error in '"
                  + command
                  + "' ("
                  + describe(failure)
                  + "); run it again with --debug and report what it prints.";
            });
  }

  private static String describe(Throwable failure) {
    String name = failure.getClass().getSimpleName();
    return failure.getMessage() == null ? name : name + ": " + withoutPeriod(failure.getMessage());
  }

  private static String usageMessage(CommandLine.ParameterException failure) {
    if (failure instanceof CommandLine.UnmatchedArgumentException) {
      CommandLine.UnmatchedArgumentException unmatched =
          (CommandLine.UnmatchedArgumentException) failure;
      String word = unmatched.getUnmatched().get(0);
      String kind =
          unmatched.isUnknownOption()
              ? "Unknown option "
              : takesSubcommand(failure) ? "Unknown command " : "Unexpected argument ";
      List<String> suggestions = unmatched.getSuggestions();
      String hint =
          suggestions.isEmpty()
              ? ""
              : "; did you mean "
                  + suggestions.stream().limit(3).collect(Collectors.joining(" or "))
                  + "?";
      return kind + word + hint;
    }
    return failure.getMessage();
  }

  private static boolean takesSubcommand(CommandLine.ParameterException failure) {
    return !failure.getCommandLine().getSubcommands().isEmpty();
  }

  private static String withoutPeriod(String text) {
    String stripped = text.strip();
    return stripped.endsWith(".") || stripped.endsWith("?")
        ? stripped.substring(0, stripped.length() - 1)
        : stripped;
  }

  private static String onOneLine(String text) {
    return text.strip().replaceAll("\\s*\\R\\s*", " ");
  }

  /** With its end, which says what to do. */
  private static String bounded(String text) {
    if (text.length() <= MAX_SENTENCE) {
      return text;
    }
    int end = MAX_SENTENCE / 4;
    return text.substring(0, MAX_SENTENCE - end - 5)
        + " ... "
        + text.substring(text.length() - end);
  }
}
