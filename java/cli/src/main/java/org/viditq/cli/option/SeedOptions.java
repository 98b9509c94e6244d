package org.viditq.cli.option;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.viditq.core.error.UsageException;
import picocli.CommandLine.Option;

/** Which initial noise. */
public final class SeedOptions {
  private static final Logger LOG = LoggerFactory.getLogger(SeedOptions.class);

  @Option(
      names = "--seed",
      paramLabel = "N",
      split = ",",
      defaultValue = "0",
      description =
          "Seed of the initial noise, as torch's CPU generator takes it, -2^63 to 2^64 - 1; several"
              + " as N,N,... Default: ${DEFAULT-VALUE}.")
  private List<String> seeds;

  private List<Seed> parsed() {
    return seeds.stream().map(Seed::parse).toList();
  }

  /**
   * The seeds that every prompt is sampled with, at least one.
   *
   * @throws UsageException if one is no seed, or is there twice, which would make a picture twice
   */
  public List<Seed> distinct() {
    List<Seed> all = parsed();
    Set<Seed> seen = new LinkedHashSet<>();
    Map<Integer, Seed> byNoise = new HashMap<>();
    for (Seed seed : all) {
      if (!seen.add(seed)) {
        throw new UsageException(
            "Seed "
                + seed
                + " is given twice, which would make the same pictures twice; give it once.");
      }
      Seed same = byNoise.putIfAbsent((int) seed.bits(), seed);
      if (same != null) {
        LOG.warn(
            "Seeds {} and {} make the same pictures: torch's CPU generator uses the last 32 bits of"
                + " a seed only.",
            same,
            seed);
      }
    }
    return all;
  }

  /**
   * One seed for each prompt; a single one counts up from prompt to prompt, so that no two share
   * their noise.
   *
   * @return as generators take them
   * @throws UsageException if one is no seed, or there are several seeds but not as many as prompts
   */
  public List<Long> onePerPrompt(int prompts) {
    List<Seed> all = parsed();
    if (all.size() == 1) {
      Seed first = all.get(0);
      return IntStream.range(0, prompts).mapToObj(i -> first.plus(i).bits()).toList();
    }
    if (all.size() != prompts) {
      throw new UsageException(
          "There are "
              + prompts
              + (prompts == 1 ? " prompt" : " prompts")
              + " but "
              + all.size()
              + " seeds; give one seed per prompt, or one to count up from.");
    }
    return all.stream().map(Seed::bits).toList();
  }
}
