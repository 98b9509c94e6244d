package org.viditq.cli.build;

import org.viditq.cli.console.Console;
import org.viditq.cli.console.Progress;
import org.viditq.core.io.AtomicOutput;
import org.viditq.tensorrt.build.BuildListener;

/** Shows how far a build is, in percent. */
final class BuildProgress implements BuildListener, AutoCloseable {
  private static final int PERCENT = 100;

  private final Console console;
  private Progress progress;
  private int shown;

  BuildProgress(Console console) {
    this.console = console;
  }

  @Override
  public synchronized void progress(int percent, String phase) {
    if (progress == null) {
      progress = console.progress("Building the engine", PERCENT);
    }
    if (!phase.isEmpty()) {
      progress.label(phase);
    }
    for (; shown < percent; shown++) {
      progress.step();
    }
  }

  @Override
  public void note(String line) {
    console.note(line);
  }

  @Override
  public boolean isCancelled() {
    return AtomicOutput.isStopping();
  }

  @Override
  public synchronized void close() {
    if (progress != null) {
      progress.close();
    }
  }
}
