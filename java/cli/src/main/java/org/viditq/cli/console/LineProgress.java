package org.viditq.cli.console;

import java.io.PrintWriter;

/** A plain line at every tenth, for logs and pipes. */
final class LineProgress implements Progress {
  private final PrintWriter err;
  private final String task;
  private final long total;
  private long done;
  private long printedTenths;
  private String label = "";

  LineProgress(PrintWriter err, String task, long total) {
    this.err = err;
    this.task = task;
    this.total = Math.max(total, 1);
  }

  @Override
  public synchronized void step() {
    done++;
    long tenths = done * 10 / total;
    if (tenths > printedTenths) {
      printedTenths = tenths;
      err.println(task + ": " + done + "/" + total + label);
      err.flush();
    }
  }

  @Override
  public synchronized void label(String label) {
    this.label = " (" + label + ")";
  }
}
