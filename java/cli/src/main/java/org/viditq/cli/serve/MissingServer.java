package org.viditq.cli.serve;

import java.util.List;
import org.viditq.core.error.UsageException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/** Stands for the server where its module is not on the class path. */
@Command(name = "serve", header = Server.HEADER)
final class MissingServer implements Server, Runnable {
  /** Whatever was asked for: the server would know. */
  @Unmatched private List<String> arguments;

  @Override
  public void run() {
    throw new UsageException(
        "The server is not on the class path; start it with the launcher, ./viditq serve, which"
            + " builds it.");
  }
}
