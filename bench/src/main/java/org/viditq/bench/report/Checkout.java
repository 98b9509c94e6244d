package org.viditq.bench.report;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** The working copy that viditq was built from, if it runs from one that git knows. */
public final class Checkout {
  private Checkout() {}

  /** Hash of the commit, ending in {@code -dirty} where tracked files differ from it. */
  public static Optional<String> commit() {
    ProcessBuilder git =
        new ProcessBuilder(
            "git",
            "-C",
            System.getProperty("viditq.home", "."),
            "describe",
            "--always",
            "--dirty",
            "--exclude=*",
            "--abbrev=40");
    git.redirectError(ProcessBuilder.Redirect.DISCARD);
    try {
      Process process = git.start();
      String hash =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      return process.waitFor() == 0 ? Optional.of(hash) : Optional.empty();
    } catch (IOException noGit) {
      return Optional.empty();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }
}
