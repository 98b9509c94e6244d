package org.viditq.cli.option;

import java.util.List;
import java.util.stream.LongStream;
import org.viditq.core.error.UsageException;
import picocli.CommandLine.Option;

/** Which initial noise. */
public final class SeedOptions {
  @Option(
      names = "--seed",
      paramLabel = "N",
      split = ",",
      defaultValue = "0",
      description =
          "Seed of the initial noise, as torch's CPU generator takes it; several as N,N,... Default:"
              + " ${DEFAULT-VALUE}.")
  private List<Long> seeds;

  /** At least one. */
  public List<Long> seeds() {
    return List.copyOf(seeds);
  }

  /**
   * One seed for each prompt; a single one counts up from prompt to prompt, so that no two share
   * their noise.
   *
   * @throws UsageException if there are several seeds but not as many as prompts
   */
  public List<Long> onePerPrompt(int prompts) {
    if (seeds.size() == 1) {
      long first = seeds.get(0);
      return LongStream.range(first, first + prompts).boxed().toList();
    }
    if (seeds.size() != prompts) {
      throw new UsageException(
          "There are "
              + prompts
              + " prompts but "
              + seeds.size()
              + " seeds; give one seed per prompt, or one to count up from.");
    }
    return seeds();
  }
}
