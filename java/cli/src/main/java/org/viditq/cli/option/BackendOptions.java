package org.viditq.cli.option;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.viditq.core.error.UsageException;
import org.viditq.core.operators.Backend;
import org.viditq.core.operators.Backends;
import org.viditq.core.operators.Operators;
import picocli.CommandLine.Option;

/** Where operators run. */
public final class BackendOptions {
  private static final Logger LOG = LoggerFactory.getLogger(BackendOptions.class);

  /** More than any machine has use for; far below what makes a thread pool or its memory fail. */
  private static final int MAX_THREADS = 1024;

  @Option(
      names = "--backend",
      paramLabel = "NAME",
      defaultValue = "auto",
      completionCandidates = BackendNames.class,
      description = "What computes: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
  private String name;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description =
          "Threads to compute with, at most one per core; results do not depend on it. Default: all"
              + " cores.")
  private Integer threads;

  private Backend found;
  private boolean told;

  /** The backend that was asked for, able to run here; looked for, and warned about, once. */
  public Backend find() {
    if (found == null) {
      found = Backends.find(name);
    }
    return found;
  }

  /** Opens its operators. */
  public Operators<?> open() {
    return find().open(threads());
  }

  /**
   * How many threads compute. More than there are cores would only take turns on them, so that
   * there are never more; a warning says so once.
   *
   * @throws UsageException if fewer than 1 or absurdly many were asked for
   */
  public int threads() {
    int cores = Runtime.getRuntime().availableProcessors();
    if (threads == null) {
      return cores;
    }
    if (threads < 1 || threads > MAX_THREADS) {
      throw new UsageException(
          "--threads is " + threads + ", but must lie between 1 and " + MAX_THREADS + ".");
    }
    if (threads > cores && !told) {
      told = true;
      LOG.warn(
          "--threads is {}, but there are only {} cores for this process; as many threads compute.",
          threads,
          cores);
    }
    return Math.min(threads, cores);
  }
}
