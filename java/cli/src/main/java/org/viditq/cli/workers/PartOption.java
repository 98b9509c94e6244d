package org.viditq.cli.workers;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.viditq.core.error.UsageException;
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
   * The units of this part.
   *
   * @throws UsageException if it is no part
   */
  public List<Integer> of(int all) {
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
