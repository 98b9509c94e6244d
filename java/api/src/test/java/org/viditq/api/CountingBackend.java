package org.viditq.api;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.viditq.core.operators.Backend;
import org.viditq.core.operators.BackendSettings;
import org.viditq.core.operators.Backends;
import org.viditq.core.operators.Operators;

/** The best backend of this machine, which counts how often operators of it are opened. */
public final class CountingBackend implements Backend {
  static final String NAME = "counting";
  static final AtomicInteger OPENED = new AtomicInteger();

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public int priority() {
    return Integer.MIN_VALUE;
  }

  @Override
  public Optional<String> unavailable() {
    return Optional.empty();
  }

  @Override
  public Operators<?> open(BackendSettings settings) {
    OPENED.incrementAndGet();
    return Backends.find("auto").open(settings);
  }
}
