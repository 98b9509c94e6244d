package org.viditq.cli.evaluate;

import org.viditq.cli.console.Console;
import org.viditq.cli.console.Progress;
import org.viditq.core.pipeline.ProgressListener;

/** Shows the denoising of many batches as one task, and the decoding of their pictures as one. */
final class PictureProgress implements ProgressListener, AutoCloseable {
  private final Console console;
  private final String title;
  private final int batches;
  private final int pictures;
  private Stage stage;
  private Progress task = Progress.NONE;

  PictureProgress(Console console, String title, int batches, int pictures) {
    this.console = console;
    this.title = title;
    this.batches = batches;
    this.pictures = pictures;
  }

  @Override
  public void progress(Stage current, int done, int total) {
    if (current != stage) {
      begin(current, total);
    }
    if (done > 0) {
      task.step();
    }
  }

  /** A batch of so many steps is there from an earlier run. */
  void skip(int steps) {
    for (int i = 0; i <= steps; i++) {
      progress(Stage.SAMPLING, i, steps);
    }
  }

  private void begin(Stage next, int total) {
    task.close();
    stage = next;
    task =
        next == Stage.SAMPLING
            ? console.progress("Denoising, " + title, (long) total * batches)
            : console.progress("Decoding pictures, " + title, Math.max(total, pictures));
  }

  @Override
  public void close() {
    task.close();
  }
}
