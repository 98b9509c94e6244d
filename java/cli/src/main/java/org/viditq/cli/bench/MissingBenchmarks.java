package org.viditq.cli.bench;

import java.util.List;
import org.viditq.core.error.UsageException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/** Stands for the benchmarks where their module is not on the class path. */
@Command(name = "bench", header = Benchmarks.HEADER)
final class MissingBenchmarks implements Benchmarks, Runnable {
  /** Whatever was asked for: the benchmarks would know. */
  @Unmatched private List<String> arguments;

  @Override
  public void run() {
    throw new UsageException(
        "The benchmarks are not on the class path; start them with the launcher, ./viditq bench,"
            + " which builds them.");
  }
}
