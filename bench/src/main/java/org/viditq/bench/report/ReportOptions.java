package org.viditq.bench.report;

import java.nio.file.Path;
import java.util.Optional;
import org.viditq.cli.option.ForceOption;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Where the figures of a benchmark go, and what is said beside them. */
public final class ReportOptions {
  @Option(
      names = "--note",
      paramLabel = "TEXT",
      description = "Goes into the JSON: what else the machine was doing.")
  private String note;

  @Option(names = "--out", paramLabel = "FILE", description = "Write the figures there as JSON.")
  private Path out;

  @Mixin private ForceOption force;

  public Optional<String> note() {
    return Optional.ofNullable(note);
  }

  public Optional<Path> out() {
    return Optional.ofNullable(out);
  }

  /** Whether existing files may be replaced. */
  public boolean force() {
    return force.given();
  }
}
