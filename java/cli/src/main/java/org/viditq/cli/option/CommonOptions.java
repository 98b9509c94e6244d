package org.viditq.cli.option;

import picocli.CommandLine.Option;

/** What every command takes. */
public final class CommonOptions {
  @Option(names = "--json", description = "Print one JSON object instead of text; no progress.")
  public boolean json;

  @Option(names = "--quiet", description = "Print results, warnings and errors only; no progress.")
  public boolean quiet;

  @Option(names = "--debug", description = "Log details, and a stack trace where it fails.")
  public boolean debug;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  private boolean help;
}
