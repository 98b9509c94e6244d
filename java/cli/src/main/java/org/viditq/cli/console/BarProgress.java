package org.viditq.cli.console;

import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.viditq.core.error.Printable;

/** A bar with time left, on a terminal. */
final class BarProgress implements Progress {
  private final ProgressBar bar;

  BarProgress(String task, long total) {
    bar =
        new ProgressBarBuilder()
            .setTaskName(Printable.name(task))
            .setInitialMax(total)
            .setStyle(ProgressBarStyle.COLORFUL_UNICODE_BLOCK)
            .setUpdateIntervalMillis(200)
            .build();
  }

  @Override
  public void step() {
    bar.step();
  }

  @Override
  public void label(String label) {
    bar.setExtraMessage(" " + Printable.name(label));
  }

  @Override
  public void close() {
    bar.close();
  }
}
