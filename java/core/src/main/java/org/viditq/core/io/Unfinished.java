package org.viditq.core.io;

import java.util.HashSet;
import java.util.Set;

/**
 * The outputs to delete if the JVM is stopped now. Whoever begins or finishes one holds {@link
 * #LOCK} from the first file that is made or moved to the last, so that the hook sees all or
 * nothing of it.
 */
final class Unfinished {
  static final Object LOCK = new Object();

  private static final Set<AtomicOutput> OUTPUTS = new HashSet<>();
  private static volatile boolean stopping;

  static {
    try {
      Runtime.getRuntime().addShutdownHook(new Thread(Unfinished::discardAll, "discard-outputs"));
    } catch (IllegalStateException alreadyStopping) {
      stopping = true;
    }
  }

  private Unfinished() {}

  /** Whether the JVM is being stopped: then nothing new may be begun. */
  static boolean isStopping() {
    return stopping;
  }

  static void add(AtomicOutput output) {
    synchronized (LOCK) {
      OUTPUTS.add(output);
    }
  }

  static void remove(AtomicOutput output) {
    synchronized (LOCK) {
      OUTPUTS.remove(output);
    }
  }

  private static void discardAll() {
    stopping = true;
    synchronized (LOCK) {
      OUTPUTS.forEach(AtomicOutput::discard);
    }
  }
}
