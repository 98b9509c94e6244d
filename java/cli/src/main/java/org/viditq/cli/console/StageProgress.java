package org.viditq.cli.console;

import org.viditq.core.pipeline.ProgressListener;

/**
 * Shows each stage of a pipeline's work as a task of its own. One that another stage has
 * interrupted is shown anew, as far as it is.
 */
public final class StageProgress implements ProgressListener, AutoCloseable {
  private final Console console;
  private final String suffix;
  private Stage stage;
  private Progress task = Progress.NONE;

  /**
   * @param suffix what the work is for, behind the stage's name; may be empty
   */
  public StageProgress(Console console, String suffix) {
    this.console = console;
    this.suffix = suffix.isEmpty() ? "" : ", " + suffix;
  }

  @Override
  public void progress(Stage current, int done, int total) {
    if (done == 0) {
      task.close();
      stage = current;
      task = console.progress(name(current) + suffix, total);
    } else if (current == stage) {
      task.step();
    } else {
      // Something was built amid this stage.
      task.close();
      stage = current;
      task = console.progress(name(current) + suffix, total);
      for (int i = 0; i < done; i++) {
        task.step();
      }
    }
  }

  private static String name(Stage stage) {
    switch (stage) {
      case BUILDING:
        return "Building an engine";
      case ENCODING:
        return "Encoding prompts";
      case SAMPLING:
        return "Denoising";
      default:
        return "Decoding pictures";
    }
  }

  @Override
  public void close() {
    task.close();
  }
}
