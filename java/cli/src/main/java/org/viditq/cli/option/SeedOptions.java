package org.viditq.cli.option;

import java.util.List;
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
}
