package org.viditq.cli.option;

import org.viditq.core.error.UsageException;
import org.viditq.core.operators.Backend;
import org.viditq.core.operators.Backends;
import org.viditq.core.operators.Operators;
import picocli.CommandLine.Option;

/** Where operators run. */
public final class BackendOptions {
  /** More than any machine has use for; far below what makes a thread pool or its memory fail. */
  private static final int MAX_THREADS = 1024;

  @Option(
      names = "--backend",
      paramLabel = "NAME",
      defaultValue = "auto",
      description = "What computes: auto, reference, native, tensorrt. Default: ${DEFAULT-VALUE}.")
  private String name;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads to compute with; results do not depend on it. Default: all cores.")
  private Integer threads;

  private Backend found;

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
   * @throws UsageException if it is below 1 or absurdly many
   */
  public int threads() {
    if (threads == null) {
      return Runtime.getRuntime().availableProcessors();
    }
    if (threads < 1 || threads > MAX_THREADS) {
      throw new UsageException(
          "--threads is " + threads + ", but must lie between 1 and " + MAX_THREADS + ".");
    }
    return threads;
  }
}
