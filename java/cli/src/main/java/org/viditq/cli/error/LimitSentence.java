package org.viditq.cli.error;

import java.util.Optional;
import org.viditq.core.machine.ProcessLimits;

/** Failures of Java itself that come from a limit of this process, as a sentence. */
final class LimitSentence {
  private LimitSentence() {}

  /** Names the limit that was hit and what to do; empty if it was none. */
  static Optional<String> find(Throwable failure) {
    if (failure instanceof StackOverflowError) {
      return Optional.of(
          "The Java stack is too small for this; give it more with VIDITQ_JAVA_OPTS=-Xss8m.");
    }
    ProcessLimits limits = ProcessLimits.current();
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      Optional<String> limit = limits.explain(cause.getMessage());
      if (limit.isPresent()) {
        return Optional.of("This cannot be done: " + limit.get() + ".");
      }
      if (cause instanceof OutOfMemoryError) {
        return Optional.of(outOfMemory(String.valueOf(cause.getMessage())));
      }
    }
    // Classes that cannot be read because no file can be opened are merely not found.
    return failure instanceof LinkageError && ProcessLimits.areFilesExhausted()
        ? limits.explain("too many open files").map(limit -> "This cannot be done: " + limit + ".")
        : Optional.empty();
  }

  private static String outOfMemory(String reason) {
    if (reason.contains("direct buffer")) {
      return "Java's memory outside the heap is too small for this; give it more with"
          + " VIDITQ_JAVA_OPTS=-XX:MaxDirectMemorySize=8g.";
    }
    if (reason.contains("Metaspace") || reason.contains("class space")) {
      return "Java's memory for classes is too small for this; leave out -XX:MaxMetaspaceSize and"
          + " -XX:CompressedClassSpaceSize.";
    }
    return "The Java heap of "
        + (Runtime.getRuntime().maxMemory() >> 20)
        + " MiB is too small for this; give it more with VIDITQ_JAVA_OPTS=-Xmx8g, or ask for less"
        + " at once (fewer prompts, a smaller picture).";
  }
}
