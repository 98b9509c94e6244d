package org.viditq.core.operators;

import java.util.Optional;
import java.util.OptionalLong;
import org.viditq.core.error.BackendException;

/**
 * A provider of operators, found with {@link java.util.ServiceLoader}.
 *
 * <p>A provider's class must load on every machine; whether it can run is {@link #unavailable()}.
 */
public interface Backend {
  /** What {@code --backend} calls it: for example reference or native. */
  String name();

  /** {@code --backend auto} takes the available backend with the highest priority. */
  int priority();

  /** Why it cannot run on this machine, in one sentence; empty if it can. */
  Optional<String> unavailable();

  /**
   * Whether what is in its way is a limit that whoever started this process can lift: of memory, of
   * open files, a folder that cannot be written. Then {@code --backend auto} ends with {@link
   * #unavailable()}, where it otherwise takes another backend: a slower one would be no help.
   */
  default boolean isHeldBackByLimit() {
    return false;
  }

  /**
   * Opens operators.
   *
   * @throws BackendException if the backend is unavailable or does not support the settings here
   */
  Operators<?> open(BackendSettings settings);

  /** As {@link #open(BackendSettings)}, in float32 with {@code threads} threads. */
  default Operators<?> open(int threads) {
    return open(BackendSettings.threads(threads));
  }

  /**
   * Whether its operators compute when they are called; false for backends that record a model and
   * run it as a whole.
   */
  default boolean computesAtOnce() {
    return true;
  }

  /** Whether what it computes with lies in the Java heap. */
  default boolean valuesInHeap() {
    return false;
  }

  /**
   * Bytes outside of the Java heap that its operators hold now; empty if it does not count them.
   */
  default OptionalLong allocatedBytes() {
    return OptionalLong.empty();
  }

  /**
   * Name of the backend that serves the parts of a pipeline that this one does not; empty if it
   * serves all.
   */
  default Optional<String> alternative() {
    return Optional.empty();
  }

  /** Why it cannot compute in {@code precision} here, in one sentence; empty if it can. */
  default Optional<String> unsupported(Precision precision) {
    return precision == Precision.FP32
        ? Optional.empty()
        : Optional.of(
            "Backend "
                + name()
                + " computes in fp32 only; leave --precision out or choose --backend native.");
  }

  /**
   * @throws BackendException if the precision is {@link #unsupported}
   */
  default void requireSupport(Precision precision) {
    unsupported(precision)
        .ifPresent(
            why -> {
              throw new BackendException(why);
            });
  }
}
