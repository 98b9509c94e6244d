package org.viditq.cli.quantize;

import org.viditq.cli.console.Console;
import org.viditq.cli.console.Progress;
import org.viditq.quantize.apply.QuantizationListener;

/** Shows on the console how far the application of a plan is. */
public final class QuantizationProgress implements QuantizationListener, AutoCloseable {
  private final Console console;
  private Progress task = Progress.NONE;

  public QuantizationProgress(Console console) {
    this.console = console;
  }

  @Override
  public void quantizing(String plan, int done, int total) {
    if (done == 0) { // the number of layers is known now
      task.close();
      task = console.progress("Quantizing, " + plan, total);
    }
    if (done < total) {
      task.step();
    } else {
      task.close();
      task = Progress.NONE;
    }
  }

  @Override
  public void calibratingStaticGrids(String plan) {
    console.note("Calibrating static grids, " + plan);
  }

  /** Ends the display, also of work that has failed. */
  @Override
  public void close() {
    task.close();
  }
}
