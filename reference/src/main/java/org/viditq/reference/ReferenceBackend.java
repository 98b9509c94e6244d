package org.viditq.reference;

import java.util.Optional;
import org.viditq.core.error.BackendException;
import org.viditq.core.operators.Backend;
import org.viditq.core.operators.BackendSettings;
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

  @Override
  public boolean valuesInHeap() {
    return true;
  }

  /**
   * Opens the operators; converted weights may take a quarter of the maximum heap.
   *
   * @throws BackendException if another precision than float32 is asked for
   */
  @Override
  public Operators<?> open(BackendSettings settings) {
    requireSupport(settings.precision());
    return new ReferenceOperators(settings.threads(), Runtime.getRuntime().maxMemory() / 4);
  }
}
