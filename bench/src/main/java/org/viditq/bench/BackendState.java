package org.viditq.bench;

import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.viditq.core.operators.Backends;
import org.viditq.core.operators.IntegerOperators;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.Scope;

/** A backend, open for a trial. */
@State(org.openjdk.jmh.annotations.Scope.Benchmark)
public class BackendState {
  @Param({"reference", "native"})
  public String backend;

  @Param("1")
  public int threads;

  private Operators<?> operators;

  /** Operators in use, written once for the values of every backend. */
  @FunctionalInterface
  interface Use {
    /** Brings the operands to the backend and returns the call to measure. */
    <V> Supplier<V> of(Operators<V> operators);
  }

  @Setup(Level.Trial)
  public void open() {
    operators = Backends.find(backend).open(threads);
  }

  /** The call to measure, in a scope that takes back its result, as models evaluate a block. */
  Supplier<?> bind(Use use) {
    return inScope(operators, use);
  }

  private static <V> Supplier<V> inScope(Operators<V> operators, Use use) {
    Supplier<V> call = use.of(operators);
    return () -> {
      try (Scope<V> scope = operators.scope()) {
        return call.get();
      }
    };
  }

  /** The integer half of the same backend. */
  IntegerOperators integers() {
    return (IntegerOperators) operators;
  }

  @TearDown(Level.Trial)
  public void close() {
    operators.close();
  }
}
