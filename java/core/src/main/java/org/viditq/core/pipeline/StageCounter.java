package org.viditq.core.pipeline;

import org.viditq.core.pipeline.ProgressListener.Stage;

/** Reports each finished unit of a stage. */
final class StageCounter implements Runnable {
  private final ProgressListener progress;
  private final Stage stage;
  private final int total;
  private int done;

  StageCounter(ProgressListener progress, Stage stage, int total) {
    this.progress = progress;
    this.stage = stage;
    this.total = total;
    progress.progress(stage, 0, total);
  }

  /** The listener that is reported to. */
  ProgressListener progress() {
    return progress;
  }

  @Override
  public void run() {
    done++;
    progress.progress(stage, done, total);
  }
}
