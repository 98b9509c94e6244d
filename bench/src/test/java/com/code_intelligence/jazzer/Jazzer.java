package com.code_intelligence.jazzer;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * Stands in for the fuzzer: says what libFuzzer says, and reads nothing. A file {@code finding} in
 * the corpus makes it find something; a limit of time lets it do a quarter of what is asked.
 */
public final class Jazzer {
  private static final int FOUND = 77;

  private Jazzer() {}

  public static void main(String[] args) {
    long runs = Long.parseLong(option(args, "-runs=").orElseThrow());
    long done = option(args, "-max_total_time=").isPresent() ? runs / 4 : runs;
    System.out.println("INFO: Seed: " + option(args, "-seed=").orElseThrow());
    System.out.println("#2\tINITED cov: 7 ft: 9 corp: 2/3Kb exec/s: 0 rss: 90Mb");
    if (Files.exists(Path.of(args[args.length - 1], "finding"))) {
      System.out.println("== Java Exception: java.lang.IllegalStateException: raw");
      System.out.println("artifact_prefix='x'; Test unit written to /tmp/crash-1");
      System.exit(FOUND);
    }
    System.out.println(
        "#" + done + "\tDONE   cov: 30 ft: 80 corp: 12/40Kb lim: 99 exec/s: 5 rss: 120Mb");
  }

  private static Optional<String> option(String[] args, String name) {
    return Arrays.stream(args)
        .filter(arg -> arg.startsWith(name))
        .map(arg -> arg.substring(name.length()))
        .findFirst();
  }
}
