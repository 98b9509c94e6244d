package org.viditq.core.io;

import java.util.HashSet;
import java.util.Set;

/** The outputs to delete if the JVM is stopped now. */
final class Unfinished {
  private static final Set<AtomicOutput> OUTPUTS = new HashSet<>();
  private static boolean stopping;

  static {
    try {
      Runtime.getRuntime().addShutdownHook(new Thread(Unfinished::discardAll, "discard-outputs"));
    } catch (IllegalStateException alreadyStopping) {
      stopping = true;
    }
  }

  private Unfinished() {}

  /** False if the JVM is being stopped: then nothing new may be begun. */
  static synchronized boolean add(AtomicOutput output) {
    return !stopping && OUTPUTS.add(output);
  }

  static synchronized void remove(AtomicOutput output) {
    OUTPUTS.remove(output);
  }

  private static synchronized void discardAll() {
    stopping = true;
    OUTPUTS.forEach(AtomicOutput::discard);
  }
}
