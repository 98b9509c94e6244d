package org.viditq.cpp;

import java.io.IOException;
import java.util.Optional;
import org.bytedeco.javacpp.Loader;
import org.viditq.core.error.BackendException;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.error.ShapeException;
import org.viditq.core.machine.ProcessLimits;
import org.viditq.core.operators.Precision;
import org.viditq.cpp.bridge.Bridge;

/** The kernels' library: loaded once, on first use, from the jar of this platform's natives. */
public final class NativeLibrary {
  private static final String PHYSICAL_LIMIT = "org.bytedeco.javacpp.maxPhysicalBytes";

  private static final Optional<LoadFailure> FAILURE = load();

  private NativeLibrary() {}

  /** Why the library cannot be used here, in one sentence; empty if it can. */
  public static Optional<String> unavailable() {
    return FAILURE.map(LoadFailure::sentence);
  }

  /** Whether it cannot be used because of a limit that whoever started this process can lift. */
  public static boolean isHeldBackByLimit() {
    return FAILURE.map(LoadFailure::byLimit).orElse(false);
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
    return precision != Precision.FP16 && Bridge.viditq_precision_supported(code(precision)) == 1;
  }

  /** The C interface's number of a precision. */
  static int code(Precision precision) {
    return switch (precision) {
      case FP32 -> Bridge.VIDITQ_FP32;
      case BF16 -> Bridge.VIDITQ_BF16;
      case FP16 ->
          throw new BackendException(
              "Backend native does not compute in fp16; choose fp32 or bf16.");
    };
  }

  static void require() {
    FAILURE.ifPresent(
        why -> {
          throw new BackendException(why.sentence());
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
        "Native "
            + what
            + " failed: "
            + Bridge.viditq_status_message(status).getString()
            + advice(status)
            + ".";
    throw switch (status) {
      case Bridge.VIDITQ_NOT_FINITE -> new NonFiniteException(message);
      case Bridge.VIDITQ_BAD_SIZE, Bridge.VIDITQ_OVERFLOW, Bridge.VIDITQ_BAD_ARGUMENT ->
          new ShapeException(message);
      default -> new BackendException(message);
    };
  }

  /** What to do about limits of the machine. */
  private static String advice(int status) {
    return switch (status) {
      case Bridge.VIDITQ_NO_MEMORY ->
          "; ask for smaller pictures or batches"
              + ProcessLimits.current().addressSpace().stream()
                  .mapToObj(n -> ", or raise the limit of " + (n >> 10) + " KiB (ulimit -v)")
                  .findFirst()
                  .orElse("");
      case Bridge.VIDITQ_NO_THREADS ->
          "; choose fewer with --threads, or raise the limit of processes (ulimit -u)";
      default -> "";
    };
  }

  private static Optional<LoadFailure> load() {
    // Otherwise JavaCPP takes mapped checkpoints and native weights for a leak as soon as the
    // process is larger than a few Java heaps, and says that the heap is too small.
    if (System.getProperty(PHYSICAL_LIMIT) == null) {
      System.setProperty(PHYSICAL_LIMIT, "0");
    }
    try {
      LibraryFolder.choose();
      EndOfProcess.guard(
          () -> {
            Loader.load(Bridge.class);
            Bridge.viditq_release_loading_pages();
          });
      return Optional.empty();
    } catch (LinkageError | RuntimeException | IOException e) {
      return Optional.of(LoadFailure.of(e, Loader.getPlatform()));
    }
  }
}
