package org.viditq.core.text;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.viditq.core.error.BackendException;
import org.viditq.core.error.InvalidModelException;

/** Loads vocabularies through DJL's native libraries, without network or usage reports. */
final class NativeTokenizers {
  private NativeTokenizers() {}

  /**
   * @param library what messages call the native library
   * @throws BackendException if the library does not load on this machine
   * @throws InvalidModelException if it rejects the file
   */
  static <T> T load(String library, Path file, Callable<T> loader) {
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
    try {
      return loader.call();
    } catch (LinkageError | IllegalStateException unloadable) {
      throw new BackendException(
          "The native library of "
              + library
              + " does not load on this machine ("
              + reason(unloadable)
              + "), so that prompts cannot be tokenized; use saved prompt embeddings instead.",
          unloadable);
    } catch (Exception rejected) {
      throw new InvalidModelException(
          "The tokenizer file " + file + " is damaged or not made for " + library + ".", rejected);
    }
  }

  private static String reason(Throwable failure) {
    Throwable deepest = failure;
    while (deepest.getCause() != null) {
      deepest = deepest.getCause();
    }
    String message = deepest.getMessage();
    return message == null
        ? deepest.getClass().getSimpleName()
        : message.lines().findFirst().orElse("").replaceAll("[.\\s]+$", "");
  }
}
