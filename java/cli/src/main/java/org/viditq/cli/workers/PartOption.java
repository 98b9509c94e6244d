package org.viditq.cli.workers;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.viditq.cli.console.Console;
import org.viditq.cli.console.Progress;
import org.viditq.cli.console.Quantities;
import org.viditq.core.error.UsageException;
import org.viditq.core.resume.PartialResults;
import org.viditq.core.resume.Units;
import picocli.CommandLine.Option;

/** Which share of a work's units this process computes. */
public final class PartOption {
  private static final Pattern FORM = Pattern.compile("(\\d{1,4})/(\\d{1,4})");

  @Option(
      names = "--part",
      paramLabel = "I/N",
      description =
          "Compute only every N-th unit, beginning with the I-th, keep the results beside --out and"
              + " write nothing else. Processes with different I share the work; the command without"
              + " --part then joins what they computed.")
  private String part;

  /** Whether a share was asked for. */
  public boolean given() {
    return part != null;
  }

  /**
   * Checks it before any work is done.
   *
   * @throws UsageException if it is no part
   */
  public void check() {
    if (given()) {
      of(0);
    }
  }

  /**
   * @throws UsageException if other processes are to compute, too
   */
  public void requireAlone(WorkerOptions workers) {
    if (given() && workers.given()) {
      throw new UsageException("Give --part, or --workers or --spark, not both.");
    }
  }

  /** Computes this part's share of all units, and says so. */
  public void compute(Units units, PartialResults kept, String task, Console console) {
    List<Integer> share = of(units.count());
    try (Progress progress = console.progress(task, share.size())) {
      for (int unit : share) {
        if (!kept.has(units.key(unit))) {
          units.compute(unit);
        }
        progress.step();
      }
    }
    console.result(
        Quantities.of(share.size(), "unit")
            + " of "
            + units.count()
            + " computed; the command without --part joins them.");
    ObjectNode root = Console.object();
    root.put("computed", share.size());
    root.put("units", units.count());
    console.result(root);
  }

  /**
   * The units of this part.
   *
   * @throws UsageException if it is no part
   */
  private List<Integer> of(int all) {
    Matcher form = FORM.matcher(part);
    if (!form.matches()) {
      throw invalid();
    }
    int index = Integer.parseInt(form.group(1));
    int count = Integer.parseInt(form.group(2));
    if (index < 1 || index > count) {
      throw invalid();
    }
    return IntStream.range(0, all).filter(i -> i % count == index - 1).boxed().toList();
  }

  private UsageException invalid() {
    return new UsageException("--part is " + part + ", but must be like 1/2: part 1 of 2.");
  }
}
