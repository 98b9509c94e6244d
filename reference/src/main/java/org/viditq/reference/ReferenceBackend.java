package org.viditq.reference;

import java.util.Optional;
import org.viditq.core.error.BackendException;
import org.viditq.core.operators.Backend;
import org.viditq.core.operators.Operators;

/** The backend that runs everywhere and comes last: plain Java. */
public final class ReferenceBackend implements Backend {
  @Override
  public String name() {
    return "reference";
  }

  @Override
  public int priority() {
    return 0;
  }

  @Override
  public Optional<String> unavailable() {
    return Optional.empty();
  }

  /**
   * Opens the operators; converted weights may take a quarter of the maximum heap.
   *
   * @throws BackendException if {@code threads} is below 1
   */
  @Override
  public Operators<?> open(int threads) {
    if (threads < 1) {
      throw new BackendException(
          "Backend reference cannot compute with " + threads + " threads; give at least 1.");
    }
    return new ReferenceOperators(threads, Runtime.getRuntime().maxMemory() / 4);
  }
}
