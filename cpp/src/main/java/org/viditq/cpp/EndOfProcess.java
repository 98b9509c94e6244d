package org.viditq.cpp;

import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.viditq.cpp.bridge.Bridge;

/**
 * Ends native work before the process ends.
 *
 * <p>At its end the virtual machine calls {@code exit}, which runs the destructors of every library
 * while threads in native code go on; oneDNN's would go from under a product that is being
 * computed. A shutdown hook therefore stops the kernels at the next boundary of their tasks, and
 * waits for a library that is being loaded.
 */
final class EndOfProcess {
  /** Less than what supervisors wait before they kill: Docker ten seconds, systemd 90. */
  private static final long PATIENCE_MILLISECONDS = 5000;

  /** Held while the library is loaded. */
  private static final ReentrantLock LOADING = new ReentrantLock();

  private static boolean loaded;

  private EndOfProcess() {}

  /** Loads the library; does not return if the process is ending already. */
  static void guard(Runnable load) {
    LOADING.lock();
    try {
      try {
        Runtime.getRuntime().addShutdownHook(new Thread(EndOfProcess::stop, "stop-native-work"));
      } catch (IllegalStateException ending) {
        while (true) {
          LockSupport.park();
        }
      }
      load.run();
      loaded = true;
    } finally {
      LOADING.unlock();
    }
  }

  private static void stop() {
    LOADING.lock();
    try {
      if (loaded) {
        // Whatever it answers: there is nothing more to be done about a task without end.
        Bridge.viditq_stop(PATIENCE_MILLISECONDS);
      }
    } finally {
      LOADING.unlock();
    }
  }
}
