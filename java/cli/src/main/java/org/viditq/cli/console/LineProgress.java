package org.viditq.cli.console;

import java.io.PrintWriter;
import org.viditq.core.error.Printable;

/** Plain lines for logs and pipes, with the time that is left if it goes on like that. */
final class LineProgress implements Progress {
  private final PrintWriter err;
  private final ProgressPace pace;
  private final String task;
  private final long total;
  private final long start;
  private long done;
  private String label = "";

  LineProgress(PrintWriter err, ProgressPace pace, String task, long total) {
    this.err = err;
    this.pace = pace;
    this.task = Printable.name(task);
    this.total = Math.max(total, 1);
    this.start = pace.now();
  }

  @Override
  public synchronized void step() {
    done++;
    if (pace.isDue()) {
      err.println(task + ": " + done + "/" + total + timeLeft() + label);
      err.flush();
    }
  }

  private String timeLeft() {
    if (done >= total) {
      return "";
    }
    double perUnit = (pace.now() - start) * 1e-9 / done;
    return ", " + Quantities.roughSeconds(perUnit * (total - done)) + " left";
  }

  @Override
  public synchronized void label(String label) {
    this.label = " (" + Printable.name(label) + ")";
  }
}
