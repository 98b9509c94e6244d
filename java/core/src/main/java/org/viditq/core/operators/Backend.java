package org.viditq.core.operators;

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
  java.util.Optional<String> unavailable();

  /**
   * Opens operators that compute with {@code threads} threads.
   *
   * @throws org.viditq.core.error.BackendException if it is unavailable
   */
  Operators<?> open(int threads);
}
