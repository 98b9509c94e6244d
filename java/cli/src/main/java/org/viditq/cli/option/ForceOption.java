package org.viditq.cli.option;

import picocli.CommandLine.Option;

/** Whether results may take the place of what exists. */
public final class ForceOption {
  @Option(
      names = "--force",
      description = "Replace files that exist. What the command reads is never replaced.")
  private boolean force;

  /** Whether that was asked for. */
  public boolean given() {
    return force;
  }
}
