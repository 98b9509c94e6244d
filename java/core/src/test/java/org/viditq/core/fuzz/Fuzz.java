package org.viditq.core.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.Random;
import org.viditq.core.error.ViditqException;

/** Runs a reader on seeded random inputs: it may refuse them, but only in one sentence. */
public final class Fuzz {
  /** One input made from {@code random}, read to the end. */
  @FunctionalInterface
  public interface Attempt {
    void run(Random random) throws Exception;
  }

  private Fuzz() {}

  /** Fails the test at the first input that lets anything but a {@link ViditqException} escape. */
  public static void run(int seed, int cases, Attempt attempt) {
    // Only a guard against endless loops: all cases together take about a second.
    assertTimeoutPreemptively(
        Duration.ofMinutes(5),
        () -> {
          for (int i = 0; i < cases; i++) {
            runCase(seed * 1_000_003L + i, attempt);
          }
        });
  }

  private static void runCase(long seed, Attempt attempt) {
    try {
      attempt.run(new Random(seed));
    } catch (ViditqException refused) {
      assertThat(refused.getMessage())
          .as("seed %d", seed)
          .endsWith(".")
          .doesNotContain("\n")
          .hasSizeLessThan(2000);
    } catch (Throwable escaped) {
      throw new AssertionError("Seed " + seed + " let " + escaped + " escape.", escaped);
    }
  }
}
