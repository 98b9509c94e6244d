package org.viditq.cpp;

import java.util.Optional;
import org.bytedeco.javacpp.Loader;
import org.viditq.core.error.BackendException;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.error.ShapeException;
import org.viditq.core.operators.Precision;
import org.viditq.cpp.bridge.Bridge;

/** The kernels' library: loaded once, on first use, from the jar of this platform's natives. */
public final class NativeLibrary {
  private static final String PHYSICAL_LIMIT = "org.bytedeco.javacpp.maxPhysicalBytes";

  private static final Optional<String> UNAVAILABLE = load();

  private NativeLibrary() {}

  /** Why the library cannot be used here, in one sentence; empty if it can. */
  public static Optional<String> unavailable() {
    return UNAVAILABLE;
  }

  /**
   * Version of the kernels.
   *
   * @throws BackendException if the library cannot be loaded
   */
  public static String version() {
    require();
    return Bridge.viditq_version().getString();
  }

  /** Native memory that values, prepared layers and packed weights of this process hold now. */
  public static long allocatedBytes() {
    require();
    return Bridge.viditq_allocated_bytes();
  }

  /**
   * Whether this processor multiplies in {@code precision} without emulation.
   *
   * @throws BackendException if the library cannot be loaded
   */
  public static boolean supports(Precision precision) {
    require();
    return Bridge.viditq_precision_supported(code(precision)) == 1;
  }

  /** The C interface's number of a precision. */
  static int code(Precision precision) {
    return switch (precision) {
      case FP32 -> Bridge.VIDITQ_FP32;
      case BF16 -> Bridge.VIDITQ_BF16;
    };
  }

  static void require() {
    UNAVAILABLE.ifPresent(
        why -> {
          throw new BackendException(why);
        });
  }

  /**
   * Turns a status of a kernel into the exception that a caller can act on.
   *
   * @param what names the operator, and the layer where there is one
   */
  static void check(int status, String what) {
    if (status == Bridge.VIDITQ_OK) {
      return;
    }
    String message =
        "Native " + what + " failed: " + Bridge.viditq_status_message(status).getString() + ".";
    throw switch (status) {
      case Bridge.VIDITQ_NOT_FINITE -> new NonFiniteException(message);
      case Bridge.VIDITQ_BAD_SIZE, Bridge.VIDITQ_OVERFLOW, Bridge.VIDITQ_BAD_ARGUMENT ->
          new ShapeException(message);
      default -> new BackendException(message);
    };
  }

  private static Optional<String> load() {
    // Otherwise JavaCPP takes mapped checkpoints and native weights for a leak as soon as the
    // process is larger than a few Java heaps, and says that the heap is too small.
    if (System.getProperty(PHYSICAL_LIMIT) == null) {
      System.setProperty(PHYSICAL_LIMIT, "0");
    }
    try {
      Loader.load(Bridge.class);
      Bridge.viditq_release_loading_pages();
      return Optional.empty();
    } catch (LinkageError | RuntimeException e) {
      return Optional.of(
          "The native library for "
              + Loader.getPlatform()
              + " cannot be loaded: "
              + reason(e)
              + ".");
    }
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
