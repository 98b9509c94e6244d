package org.viditq.core.operators;

import java.util.Optional;
import org.viditq.core.error.BackendException;

/**
 * A provider of operators, found with {@link java.util.ServiceLoader}.
 *
 * <p>A provider's class must load on every machine; whether it can run is {@link #unavailable()}.
 */
public interface Backend {
  /** What {@code --backend} calls it: reference, native, tensorrt. */
  String name();

  /** {@code --backend auto} takes the available backend with the highest priority. */
  int priority();

  /** Why it cannot run on this machine, in one sentence; empty if it can. */
  Optional<String> unavailable();

  /**
   * Opens operators that compute in float32 with {@code threads} threads.
   *
   * @throws BackendException if it is unavailable
   */
  Operators<?> open(int threads);

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
   * As {@link #open(int)}, full-precision linear layers in {@code precision}.
   *
   * @throws BackendException if the backend is unavailable or does not support the precision here
   */
  default Operators<?> open(int threads, Precision precision) {
    requireSupport(precision);
    return open(threads);
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
