package org.viditq.cli.option;

import java.util.List;
import org.viditq.core.error.UsageException;
import picocli.CommandLine.Option;

/** {@code --limit}: how many of the prompts to take. */
public final class LimitOption {
  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "Take the first N prompts only. Default: all.")
  private Integer limit;

  /**
   * The prompts that are taken.
   *
   * @throws UsageException if the limit is below 1 or above the number of prompts
   */
  public List<String> of(List<String> prompts) {
    if (limit == null) {
      return prompts;
    }
    if (limit < 1 || limit > prompts.size()) {
      throw new UsageException(
          "--limit is " + limit + ", but must lie between 1 and " + prompts.size() + ".");
    }
    return prompts.subList(0, limit);
  }
}
