package org.viditq.tensorrt.build;

import java.util.List;
import org.viditq.cuda.BuildMonitor;
import org.viditq.cuda.BuildMonitor.Phase;

/**
 * Looks several times a second how far a build is and whether it is to be ended, until closed.
 * Where the process is being stopped meanwhile (Ctrl-C), it ends the build and lets it come back
 * before libraries are taken from under it.
 */
final class BuildWatch implements AutoCloseable {
  private static final long PERIOD_MILLISECONDS = 200;

  /** Less than what supervisors wait before they kill: Docker ten seconds, systemd 90. */
  private static final long PATIENCE_MILLISECONDS = 5000;

  private final BuildMonitor monitor;
  private final BuildListener listener;
  private final Thread watcher = new Thread(this::watch, "watch-tensorrt");
  private final Thread hook = new Thread(this::stop, "stop-tensorrt");
  private boolean closed;
  private int percent;

  BuildWatch(BuildMonitor monitor, BuildListener listener) {
    this.monitor = monitor;
    this.listener = listener;
    try {
      Runtime.getRuntime().addShutdownHook(hook);
    } catch (IllegalStateException stopping) {
      monitor.cancel();
    }
    listener.progress(0, "");
    watcher.setDaemon(true);
    watcher.start();
  }

  private synchronized void watch() {
    while (!closed) {
      if (listener.isCancelled()) {
        monitor.cancel();
      }
      List<Phase> phases = monitor.phases();
      if (!phases.isEmpty()) {
        tell((int) (100 * fraction(phases, "", 0)), phases.get(phases.size() - 1).name());
      }
      pause(PERIOD_MILLISECONDS);
    }
  }

  private void tell(int now, String phase) {
    percent = Math.max(percent, Math.min(now, 99));
    listener.progress(percent, phase);
  }

  /**
   * The share of a phase that is done, that of the phases within it counting as parts of its next
   * step.
   *
   * @param parent whose phases count; empty for the outermost
   * @param depth of phases, bounded as names could go in circles
   */
  static double fraction(List<Phase> phases, String parent, int depth) {
    double most = 0;
    for (Phase phase : phases) {
      if (phase.parent().equals(parent) && depth < phases.size() && phase.steps() > 0) {
        double inner = phase.name().equals(parent) ? 0 : fraction(phases, phase.name(), depth + 1);
        most = Math.max(most, Math.min(1, (phase.done() + inner) / phase.steps()));
      }
    }
    return most;
  }

  private void stop() {
    monitor.cancel();
    synchronized (this) {
      long end = System.nanoTime() + PATIENCE_MILLISECONDS * 1_000_000;
      while (!closed && System.nanoTime() < end) {
        pause(PERIOD_MILLISECONDS);
      }
    }
  }

  private void pause(long milliseconds) {
    try {
      wait(milliseconds);
    } catch (InterruptedException e) {
      monitor.cancel();
    }
  }

  /** The build has come back. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      notifyAll();
    }
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException stopping) {
      // Then it runs, and sees that this is closed.
    }
    try {
      watcher.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
