package org.viditq.cli.sensitivity;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.viditq.core.error.UsageException;
import org.viditq.quantize.sensitivity.SensitivityUnit;
import picocli.CommandLine.Option;

/** Which share of a sweep this process does. */
final class PartOption {
  private static final Pattern FORM = Pattern.compile("(\\d{1,4})/(\\d{1,4})");

  @Option(
      names = "--part",
      paramLabel = "I/N",
      description =
          "Measure only every N-th unit, beginning with the I-th, keep the results beside --out and"
              + " write nothing else. Processes with different I share the work; the command without"
              + " --part then joins what they measured.")
  private String part;

  boolean given() {
    return part != null;
  }

  /**
   * Checks it before any work is done.
   *
   * @throws UsageException if it is no part
   */
  void check() {
    if (given()) {
      of(List.of());
    }
  }

  /**
   * The units of this part.
   *
   * @throws UsageException if it is no part
   */
  List<SensitivityUnit> of(List<SensitivityUnit> all) {
    Matcher form = FORM.matcher(part);
    if (!form.matches()) {
      throw invalid();
    }
    int index = Integer.parseInt(form.group(1));
    int count = Integer.parseInt(form.group(2));
    if (index < 1 || index > count) {
      throw invalid();
    }
    return IntStream.range(0, all.size())
        .filter(i -> i % count == index - 1)
        .mapToObj(all::get)
        .toList();
  }

  private UsageException invalid() {
    return new UsageException("--part is " + part + ", but must be like 1/2: part 1 of 2.");
  }
}
