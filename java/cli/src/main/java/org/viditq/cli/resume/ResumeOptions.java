package org.viditq.cli.resume;

import java.nio.file.Path;
import org.viditq.cli.console.Console;
import org.viditq.cli.console.Quantities;
import org.viditq.cli.workers.UnitServer;
import org.viditq.core.resume.PartialResults;
import picocli.CommandLine.Option;

/** Whether to go on where an earlier run was. */
public final class ResumeOptions {
  @Option(
      names = "--no-resume",
      description =
          "Begin anew, even if a run of this command that was killed has left partial results"
              + " beside the output.")
  private boolean anew;

  /**
   * Partial results of the work whose output will be {@code output}; in a worker process, those of
   * the process that it works for.
   */
  public PartialResults open(Path output, Console console) {
    if (UnitServer.isWorker()) {
      return PartialResults.in(UnitServer.folder().orElseThrow());
    }
    PartialResults results = PartialResults.beside(output);
    if (anew) {
      results.remove();
    } else if (results.count() > 0) {
      console.note(
          "Going on with "
              + Quantities.of(results.count(), "partial result")
              + " of an earlier run; --no-resume begins anew.");
    }
    return results;
  }
}
