package org.viditq.cpp;

import java.util.Locale;
import java.util.Optional;
import org.viditq.core.machine.ProcessLimits;

/**
 * Why the library could not be loaded.
 *
 * @param sentence for people
 * @param byLimit whether whoever started this process can lift what is in the way: a limit of
 *     memory or files, a folder that cannot be written or run from
 */
record LoadFailure(String sentence, boolean byLimit) {
  static LoadFailure of(Throwable failure, String platform) {
    String start = "The native library for " + platform + " cannot be loaded: ";
    String reason = reason(failure);
    Optional<String> limit = ProcessLimits.current().explain(reason);
    if (limit.isPresent() && !isNotExecutable(reason)) {
      return new LoadFailure(start + limit.get() + ".", true);
    }
    if (isFolder(reason)) {
      return new LoadFailure(
          start
              + reason
              + "; name a folder that can be written and run from with"
              + " VIDITQ_JAVA_OPTS=-D"
              + LibraryFolder.PROPERTY
              + "=DIR.",
          true);
    }
    return new LoadFailure(start + reason + ".", false);
  }

  /** The dynamic linker's words for a file system that is mounted with noexec. */
  private static boolean isNotExecutable(String reason) {
    return reason.contains("failed to map segment") && reason.contains("not permitted");
  }

  private static boolean isFolder(String reason) {
    String text = reason.toLowerCase(Locale.ROOT);
    return isNotExecutable(reason)
        || text.contains("permission denied")
        || text.contains("read-only file system")
        || text.contains("no space left on device")
        || text.contains("quota exceeded")
        || text.contains("could not create the cache")
        || text.contains("can be made in")
        || text.contains("is not a folder");
  }

  /** The innermost cause: the loader wraps what the operating system said. */
  private static String reason(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    String message = cause.getMessage();
    if (message == null || message.isBlank()) {
      return cause.getClass().getName();
    }
    return message.strip().replaceAll("\\s*\\R\\s*", " ").replaceAll("\\.$", "");
  }
}
