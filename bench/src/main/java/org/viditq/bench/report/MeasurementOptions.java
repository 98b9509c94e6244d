package org.viditq.bench.report;

import java.util.List;
import org.viditq.core.error.UsageException;
import picocli.CommandLine.Mixin;
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
      split = ",",
      paramLabel = "N",
      description =
          "Threads of every contender. Default: 1; pipeline: all cores. Of gemm, several numbers"
              + " measure how it scales.")
  private List<Integer> threads = List.of();

  @Mixin private ReportOptions report;

  /**
   * @throws UsageException if it is below 1 or absurdly many
   */
  public int rounds(int standard) {
    return checked("--rounds", rounds, standard);
  }

  /**
   * @throws UsageException if it is below 1, absurdly many, or more than one number
   */
  public int threads(int standard) {
    List<Integer> counts = threadCounts(standard);
    if (counts.size() > 1) {
      throw new UsageException("--threads is " + counts + ", but this benchmark takes one number.");
    }
    return counts.get(0);
  }

  /**
   * The numbers of threads to compare, in the order given.
   *
   * @throws UsageException if one is below 1 or absurdly many, or given twice
   */
  public List<Integer> threadCounts(int standard) {
    if (threads.stream().distinct().count() < threads.size()) {
      throw new UsageException("--threads is " + threads + ", but no number may come twice.");
    }
    return threads.isEmpty()
        ? List.of(standard)
        : threads.stream().map(count -> checked("--threads", count, standard)).toList();
  }

  ReportOptions report() {
    return report;
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
