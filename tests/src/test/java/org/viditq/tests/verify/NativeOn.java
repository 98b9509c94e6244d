package org.viditq.tests.verify;

import java.util.Optional;
import org.viditq.core.operators.Backend;
import org.viditq.core.operators.BackendSettings;
import org.viditq.core.operators.Operators;
import org.viditq.cpp.InstructionSet;
import org.viditq.cpp.NativeBackend;
import org.viditq.cpp.NativeOperators;

/** The native backend on one instruction set, whatever the environment asks for. */
record NativeOn(InstructionSet isa) implements Backend {
  @Override
  public String name() {
    return new NativeBackend().name();
  }

  @Override
  public int priority() {
    return new NativeBackend().priority();
  }

  @Override
  public Optional<String> unavailable() {
    return new NativeBackend().unavailable();
  }

  @Override
  public Operators<?> open(BackendSettings settings) {
    return new NativeOperators(settings.threads(), isa);
  }
}
