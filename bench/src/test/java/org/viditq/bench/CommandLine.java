package org.viditq.bench;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.stream.Stream;
import org.viditq.cli.Main;

/** Runs a command of the command line and keeps what it prints. */
public final class CommandLine {
  private final String[] command;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  /**
   * @param command what each run begins with
   */
  public CommandLine(String... command) {
    this.command = command;
  }

  /**
   * @param arguments behind the command
   * @return the exit status
   */
  public int run(String... arguments) {
    return Main.run(
        new PrintWriter(out),
        new PrintWriter(err),
        Stream.of(command, arguments).flatMap(Stream::of).toArray(String[]::new));
  }

  /** What all runs have printed. */
  public String out() {
    return out.toString();
  }

  /** What all runs have said on standard error. */
  public String err() {
    return err.toString();
  }
}
