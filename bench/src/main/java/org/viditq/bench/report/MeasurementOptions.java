package org.viditq.bench.report;

import java.nio.file.Path;
import java.util.Optional;
import org.viditq.core.error.UsageException;
import picocli.CommandLine.Option;

/** How to measure, and where the figures go. */
public final class MeasurementOptions {
  private static final int MOST = 1024;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      description = "Turns of all contenders that medians are taken of. Default: 21; pipeline: 5.")
  private Integer rounds;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads of every contender. Default: 1; pipeline: all cores.")
  private Integer threads;

  @Option(
      names = "--note",
      paramLabel = "TEXT",
      description = "Goes into the JSON: what else the machine was doing.")
  private String note;

  @Option(names = "--out", paramLabel = "FILE", description = "Write the figures there as JSON.")
  private Path out;

  /**
   * @throws UsageException if it is below 1 or absurdly many
   */
  public int rounds(int standard) {
    return checked("--rounds", rounds, standard);
  }

  /**
   * @throws UsageException if it is below 1 or absurdly many
   */
  public int threads(int standard) {
    return checked("--threads", threads, standard);
  }

  public Optional<String> note() {
    return Optional.ofNullable(note);
  }

  public Optional<Path> out() {
    return Optional.ofNullable(out);
  }

  private static int checked(String option, Integer given, int standard) {
    int value = given == null ? standard : given;
    if (value < 1 || value > MOST) {
      throw new UsageException(
          option + " is " + value + ", but must lie between 1 and " + MOST + ".");
    }
    return value;
  }
}
